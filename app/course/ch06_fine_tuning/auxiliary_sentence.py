# %% [markdown] lang="en"
# A restaurant review can praise the taste and complain about the price. What does it say about *one* aspect: positive
# (正面), negative (负面), or nothing (没提到)? As a single-sentence task this needs a head for each aspect. Sun et al.
# 2019 ask in words instead: an *auxiliary sentence* such as “关于价格，评价是正面的吗？” becomes sentence B, and the
# model only decides whether it matches the review (1) or not (0). It is then a sentence-pair task (6.1) with two classes,
# whatever the number of aspects and polarities.
#
# 1. Write `to_pairs(text, aspect, polarity)`. It returns one pair for each of the `POLARITIES`, in their order: a list of
#    three tuples `(text, question, label)`. The question is `QUESTIONS[p].format(aspect)` for the polarity p of the pair.
#    The label is 1 if the question matches, that is, if p is the right `polarity`, else 0.
# 2. Write `decide(logits)`. `logits` is float32 `[3 N, 2]`: rows 3k, 3k + 1 and 3k + 2 are the three pairs of example k,
#    and column 1 is the class "matches". The prediction for an example is the polarity whose pair has the highest
#    probability of a match (softmax over the two columns). Return a list of N polarities.

# %% [markdown] lang="zh"
# 一条餐馆评论可能夸味道，又嫌价格贵。它对*某一个*方面说了什么：正面、负面，还是没提到？当作单句任务的话，
# 每个方面都要有一个头。Sun et al. 2019 改用文字来问：把“关于价格，评价是正面的吗？”这样的*辅助句*作为句子 B，
# 模型只需判断它与评论相符（1）还是不符（0）。这样，不论有多少个方面和极性，都是只有两类的句对任务（6.1）。
#
# 1. 请写出 `to_pairs(text, aspect, polarity)`。它按 `POLARITIES` 的顺序，为每种极性返回一个句对：
#    由三个元组 `(text, question, label)` 组成的列表。问题是 `QUESTIONS[p].format(aspect)`，p 是这个句对的极性。
#    如果问题与评论相符，即 p 就是正确的 `polarity`，标签是 1，否则是 0。
# 2. 请写出 `decide(logits)`。`logits` 是 float32 `[3 N, 2]`：第 3k、3k + 1、3k + 2 行是例子 k 的三个句对，
#    第 1 列是“相符”这一类。一个例子的预测，是相符概率（在两列上做 softmax）最高的那个句对的极性。
#    返回由 N 个极性组成的列表。

# %%
import paddle
import paddle.nn.functional as F
from paddle import nn
from paddlenlp.data import Pad, Stack, Tuple
from paddlenlp.transformers import AutoModel, AutoTokenizer, LinearDecayWithWarmup

from app.course import ROOT

CHECKPOINT = f"{ROOT}/data/models/bert-mini-zh"
POLARITIES = ["正面", "负面", "没提到"]
QUESTIONS = {"正面": "关于{}，评价是正面的吗？", "负面": "关于{}，评价是负面的吗？", "没提到": "没有提到{}吗？"}


def to_pairs(text, aspect, polarity):
    """text, aspect, polarity: str -> list of 3 tuples (text, question, label)"""
    ### BEGIN SOLUTION
    pairs = []
    for candidate in POLARITIES:
        question = QUESTIONS[candidate].format(aspect)
        label = int(candidate == polarity)
        pairs.append((text, question, label))
    return pairs
    ### END SOLUTION


def decide(logits):
    """logits: float32 [3 N, 2] -> list of N polarities"""
    ### BEGIN SOLUTION
    probabilities = F.softmax(logits, axis=-1)  # [3 N, 2]
    matches = probabilities[:, 1]  # [3 N]
    by_example = matches.reshape([-1, len(POLARITIES)])  # [N, 3]
    best = by_example.argmax(axis=-1)
    return [POLARITIES[int(number)] for number in best]
    ### END SOLUTION


# %% [markdown] lang="en"
# `data/course/aspects.tsv` has reviews, an aspect, and what the review says about it. Each example becomes three pairs.

# %% [markdown] lang="zh"
# `data/course/aspects.tsv` 里是评论、一个方面，以及评论对它怎么说。每个例子变成三个句对。

# %%
def read_aspects(split):
    """-> list of (text, aspect, polarity)"""
    with open(f"{ROOT}/data/course/aspects.tsv", encoding="utf-8") as lines:
        rows = [line.rstrip("\n").split("\t") for line in lines]
    return [tuple(row[1:]) for row in rows if row[0] == split]


train_rows, test_rows = read_aspects("train"), read_aspects("test")
for row in train_rows[:2]:
    for text, question, label in to_pairs(*row):
        print(label, text, question)
print(decide(paddle.to_tensor([[1.0, 0.0], [0.0, 1.0], [2.0, 0.0], [0.0, -1.0], [0.0, 0.0], [0.0, 3.0]])))

# %% [markdown] lang="en"
# Lab (two to three minutes): six passes over the pairs of 432 examples. The test part has clauses of its own. Each
# polarity is right for a third of the examples, so a constant answer has the accuracy 0.333. The task is hard for a small
# model with few examples: it has to find the aspect of the question in the review, and then the polarity there. Sun et
# al. 2019 used BERT-base and thousands of examples. The settings of this lab were chosen by looking at the test part, so the
# accuracy that it prints is optimistic (exercise 9.7 shows why).

# %% [markdown] lang="zh"
# 实验（两到三分钟）：在 432 个例子的句对上训练六遍。测试部分的分句是另写的。每种极性各占三分之一，
# 所以固定回答一种的准确率是 0.333。对例子很少的小模型，这个任务很难：它要在评论里找到问题所问的方面，再判断那里的极性。
# Sun et al. 2019 用的是 BERT-base 和几千个例子。这个实验的设置是看着测试部分的结果选的，所以打印的准确率偏高
# （原因见练习 9.7）。

# %% tags=["lab"]
class PairClassifier(nn.Layer):
    """input_ids, token_type_ids: int64 [B, S] -> logits: float32 [B, 2], as in 6.1"""

    def __init__(self):
        super().__init__()
        self.encoder = AutoModel.from_pretrained(CHECKPOINT, hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0)
        self.dropout = nn.Dropout(0.1)
        self.classifier = nn.Linear(self.encoder.config.hidden_size, 2)

    def forward(self, input_ids, token_type_ids):
        _, pooled = self.encoder(input_ids, token_type_ids)
        return self.classifier(self.dropout(pooled))


tokenizer = AutoTokenizer.from_pretrained(CHECKPOINT)


def batch_of(pairs):
    """-> input_ids, token_type_ids: int64 [B, S], labels: int64 [B]"""
    encoded = [tokenizer(text, question) for text, question, _ in pairs]
    rows = [(one["input_ids"], one["token_type_ids"], pair[2]) for one, pair in zip(encoded, pairs)]
    batchify_fn = Tuple(Pad(pad_val=tokenizer.pad_token_id, dtype="int64"), Pad(pad_val=0, dtype="int64"), Stack(dtype="int64"))
    return [paddle.to_tensor(array) for array in batchify_fn(rows)]


EPOCHS, BATCH = 6, 16
train_pairs = [pair for row in train_rows for pair in to_pairs(*row)]
paddle.seed(0)
model = PairClassifier()
schedule = LinearDecayWithWarmup(5e-4, EPOCHS * len(train_pairs) // BATCH, 0.1)
optimizer = paddle.optimizer.AdamW(learning_rate=schedule, parameters=model.parameters())
model.train()
for epoch in range(EPOCHS):
    order, losses = paddle.randperm(len(train_pairs)).tolist(), []
    for start in range(0, len(order), BATCH):
        input_ids, token_type_ids, labels = batch_of([train_pairs[row] for row in order[start : start + BATCH]])
        loss = F.cross_entropy(model(input_ids, token_type_ids), labels)
        loss.backward()
        optimizer.step()
        optimizer.clear_grad()
        schedule.step()
        losses.append(float(loss))
    print(f"epoch {epoch + 1}: loss {sum(losses) / len(losses):.3f} (without knowledge: 0.637)")
model.eval()
guesses = []
for start in range(0, len(test_rows), 24):
    pairs = [pair for row in test_rows[start : start + 24] for pair in to_pairs(*row)]
    input_ids, token_type_ids, _ = batch_of(pairs)
    guesses += decide(model(input_ids, token_type_ids))
right = sum(guess == row[2] for guess, row in zip(guesses, test_rows))
print(f"accuracy {right / len(test_rows):.3f}, always the same polarity: {1 / len(POLARITIES):.3f}")
