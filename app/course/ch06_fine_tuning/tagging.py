# %% [markdown] lang="en"
# The third form gives a tag to every token, here to every character: which characters are the name of a person (PER), a
# place (LOC) or a time (TIME)? In the BIO scheme `B-PER` is the first character of a name, `I-PER` each further one, and
# `O` everything else. With three types there are 7 tags.
#
# 1. Write the class `Tagger`. `__init__(self, encoder, tags)` and `forward(self, input_ids, token_type_ids)` are like
#    those of 6.1, but dropout (0.1) and the linear layer go over every token: logits `[B, S, tags]`. A third method,
#    `loss(self, logits, tags)`, takes the right tags as a list of B lists of numbers, one number per character, without
#    `[CLS]`, `[SEP]` and padding. Make labels `[B, S]` that are -100 everywhere, and write the tags of text b to
#    `labels[b, 1:]`, because position 0 is `[CLS]`. Return the mean of the cross-entropy over all characters of the
#    batch. `F.cross_entropy` gives 0 where the label is -100. But its own mean divides by all B x S positions, because
#    Paddle leaves only an `ignore_index` of at least 0 out of the mean. So take `reduction="sum"`, and divide by the
#    number of characters.
# 2. Write `decode(tags)`: from the tags of one text, as strings, to its entities: a list of `(type, start, end)`, where
#    `end` is the position behind the last character, so that `text[start:end]` is the name. A `B-` always starts a new
#    entity. An `I-` that does not continue an entity of its own type starts one too.

# %% [markdown] lang="zh"
# 第三种用法给每个词元打标签，这里是给每个字：哪些字是人名（PER）、地名（LOC）或时间（TIME）？在 BIO 方案里，
# `B-PER` 是人名的第一个字，`I-PER` 是后面的每个字，其余都是 `O`。三种类型共有 7 个标签。
#
# 1. 请写出类 `Tagger`。`__init__(self, encoder, tags)` 和 `forward(self, input_ids, token_type_ids)` 与 6.1 类似，
#    但 dropout（0.1）和线性层作用于每个词元：logits 的形状是 `[B, S, tags]`。
#    第三个方法 `loss(self, logits, tags)` 接收正确的标签：由 B 个列表组成的列表，每个字一个数，不含 `[CLS]`、
#    `[SEP]` 和填充。请建立全为 -100 的标签张量 `[B, S]`，把文本 b 的标签写到 `labels[b, 1:]` 里，因为位置 0 是 `[CLS]`。
#    返回这一批所有字的交叉熵的平均。标签为 -100 的位置，`F.cross_entropy` 给出 0；但它自己的平均会除以全部 B×S 个位置，
#    因为在 Paddle 里，只有不小于 0 的 `ignore_index` 才会被排除在平均之外。所以请用 `reduction="sum"`，再除以字数。
# 2. 请写出 `decode(tags)`：从一个文本的标签（字符串）得到实体，即由 `(类型, start, end)` 组成的列表，
#    其中 `end` 是最后一个字后面的位置，所以 `text[start:end]` 就是名称。`B-` 总是开始一个新的实体。
#    如果 `I-` 不是接着同类型的实体，它也开始一个新的实体。

# %%
import paddle
import paddle.nn.functional as F
from paddle import nn
from paddlenlp.transformers import AutoModel, AutoTokenizer, LinearDecayWithWarmup

from app.course import ROOT

CHECKPOINT = f"{ROOT}/data/models/bert-mini-zh"


class Tagger(nn.Layer):
    """input_ids, token_type_ids: int64 [B, S] -> logits: float32 [B, S, tags]"""

    ### BEGIN SOLUTION
    def __init__(self, encoder, tags):
        super().__init__()
        self.encoder = encoder
        self.dropout = nn.Dropout(0.1)
        self.classifier = nn.Linear(encoder.config.hidden_size, tags)

    def forward(self, input_ids, token_type_ids):
        sequence, _ = self.encoder(input_ids, token_type_ids)
        return self.classifier(self.dropout(sequence))  # [B, S, H] -> [B, S, tags]

    def loss(self, logits, tags):
        labels = paddle.full(logits.shape[:2], -100, dtype="int64")
        for row, numbers in enumerate(tags):
            labels[row, 1 : len(numbers) + 1] = paddle.to_tensor(numbers)
        total = F.cross_entropy(logits, labels, reduction="sum")  # 0 where the label is -100
        return total / sum(map(len, tags))
    ### END SOLUTION


def decode(tags):
    """tags: list of str, one per character -> list of (type, start, end)"""
    ### BEGIN SOLUTION
    entities = []
    for position, tag in enumerate(tags):
        if tag == "O":
            continue
        inside = bool(entities) and entities[-1][0] == tag[2:] and entities[-1][2] == position
        if tag.startswith("I-") and inside:
            entities[-1] = (tag[2:], entities[-1][1], position + 1)
        else:
            entities.append((tag[2:], position, position + 1))
    return entities
    ### END SOLUTION


# %% [markdown] lang="en"
# `data/course/entities.tsv` has sentences with the places of their entities. Every character becomes one token, digits
# too, so that tags and tokens stay side by side.

# %% [markdown] lang="zh"
# `data/course/entities.tsv` 里是句子和其中实体的位置。每个字（包括数字）都是一个词元，这样标签和词元一一对应。

# %%
tokenizer = AutoTokenizer.from_pretrained(CHECKPOINT)
TAGS = ["O", "B-PER", "I-PER", "B-LOC", "I-LOC", "B-TIME", "I-TIME"]


def read_entities(split):
    """-> list of (text, entities)"""
    with open(f"{ROOT}/data/course/entities.tsv", encoding="utf-8") as lines:
        rows = [line.rstrip("\n").split("\t") for line in lines]
    return [(text, entities) for part, text, entities in rows if part == split]


def tags_of(text, entities):
    """"PER:0:2 LOC:5:7" -> list of tags, one per character"""
    tags = ["O"] * len(text)
    for entity in entities.split():
        kind, start, end = entity.split(":")
        tags[int(start)] = f"B-{kind}"
        tags[int(start) + 1 : int(end)] = [f"I-{kind}"] * (int(end) - int(start) - 1)
    return tags


def batch_of(examples):
    """-> input_ids, token_type_ids: int64 [B, S], numbers of the right tags: list of B lists"""
    texts = [tokenizer.convert_tokens_to_ids(["[CLS]", *text, "[SEP]"]) for text, _ in examples]
    longest = max(map(len, texts))
    input_ids = paddle.to_tensor([ids + [tokenizer.pad_token_id] * (longest - len(ids)) for ids in texts])
    numbers = [[TAGS.index(tag) for tag in tags_of(*example)] for example in examples]
    return input_ids, paddle.zeros_like(input_ids), numbers


train_rows, test_rows = read_entities("train"), read_entities("test")
text, entities = train_rows[0]
tags = tags_of(text, entities)
print(" ".join(f"{character}/{tag}" for character, tag in zip(text, tags)))
print([(kind, text[start:end]) for kind, start, end in decode(tags)])
paddle.seed(0)
model = Tagger(AutoModel.from_pretrained(CHECKPOINT), len(TAGS))
input_ids, token_type_ids, numbers = batch_of(train_rows[:8])
print("loss before training:", round(float(model.loss(model(input_ids, token_type_ids), numbers)), 3), "(ln 7 = 1.946)")

# %% [markdown] lang="en"
# Lab (one to two minutes): four passes over 480 sentences. The names of the test part do not occur in the train part. An
# entity counts as found if its type, start and end are right. F1 is the harmonic mean of precision (how many of the found
# ones are right) and recall (how many of the right ones are found). The tag `O` alone is right for most characters, but
# finds nothing.

# %% [markdown] lang="zh"
# 实验（一到两分钟）：在 480 个句子上训练四遍。测试部分的名称在训练部分都没有出现过。类型、起点和终点都对，
# 才算找到一个实体。F1 是精确率（找到的里面有多少是对的）和召回率（对的里面有多少找到了）的调和平均。如果全部标成 `O`，
# 大多数字的标签也是对的，但一个实体都找不到。

# %% tags=["lab"]
EPOCHS, BATCH = 4, 16
schedule = LinearDecayWithWarmup(5e-4, EPOCHS * len(train_rows) // BATCH, 0.1)
optimizer = paddle.optimizer.AdamW(learning_rate=schedule, parameters=model.parameters())
model.train()
for epoch in range(EPOCHS):
    order, losses = paddle.randperm(len(train_rows)).tolist(), []
    for start in range(0, len(order), BATCH):
        input_ids, token_type_ids, numbers = batch_of([train_rows[row] for row in order[start : start + BATCH]])
        loss = model.loss(model(input_ids, token_type_ids), numbers)
        loss.backward()
        optimizer.step()
        optimizer.clear_grad()
        schedule.step()
        losses.append(float(loss))
    print(f"epoch {epoch + 1}: loss {sum(losses) / len(losses):.3f}")
model.eval()
input_ids, token_type_ids, numbers = batch_of(test_rows)
best = model(input_ids, token_type_ids).argmax(axis=-1).tolist()
found = right = expected = same = outside = 0
for (text, entities), row in zip(test_rows, best):
    guess, truth = [TAGS[k] for k in row[1 : len(text) + 1]], tags_of(text, entities)
    same += sum(one == other for one, other in zip(guess, truth))
    outside += truth.count("O")
    found, expected = found + len(decode(guess)), expected + len(decode(truth))
    right += len(set(decode(guess)) & set(decode(truth)))
characters = sum(len(text) for text, _ in test_rows)
print(f"tags right: {same / characters:.3f}, always O: {outside / characters:.3f}")
print(f"entities: precision {right / found:.3f}, recall {right / expected:.3f}, F1 {2 * right / (found + expected):.3f}")
