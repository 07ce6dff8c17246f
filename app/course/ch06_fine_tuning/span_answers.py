# %% [markdown] lang="en"
# The fourth form finds the answer to a question in a passage: `[CLS] question [SEP] passage [SEP]`. Every token gets two
# scores: how likely the answer starts here, and how likely it ends here. So the head is a linear layer with two outputs
# (BERT has no dropout in this head). The answer is the span from a start to an end.
#
# 1. Write the class `SpanReader`. `__init__(self, encoder)` keeps the encoder, and makes one linear layer with two
#    outputs. `forward(self, input_ids, token_type_ids)` returns two tensors `[B, S]`: the start scores (output 0 of the
#    linear layer) and the end scores (output 1). `loss(self, start, end, first, last)` gets these scores, and the
#    positions of the first and the last token of the right answers, int64 `[B]` each. To choose a position is a
#    classification with S classes. The loss is the mean of two cross-entropies, one for the start and one for the end.
# 2. Write `best_span(start, end, left, right, longest)`. `start` and `end` are the scores of one text (NumPy, length S);
#    the passage has the positions `left` to `right`, both included. Return `(i, j)` with the largest `start[i] + end[j]`
#    under three conditions: both are in the passage, `i <= j`, and the span has at most `longest` tokens.

# %% [markdown] lang="zh"
# 第四种用法在段落里找问题的答案：`[CLS] 问题 [SEP] 段落 [SEP]`。每个词元有两个分数：答案从这里开始的可能性，
# 以及在这里结束的可能性。所以头是一个有两个输出的线性层（BERT 的这个头没有 dropout）。
# 答案就是从某个起点到某个终点的片段。
#
# 1. 请写出类 `SpanReader`。`__init__(self, encoder)` 保存编码器，建立一个有两个输出的线性层。
#    `forward(self, input_ids, token_type_ids)` 返回两个张量 `[B, S]`：起点分数（线性层的输出 0）和终点分数（输出 1）。
#    `loss(self, start, end, first, last)` 接收这两个分数，以及正确答案的第一个和最后一个词元的位置，各是 int64 `[B]`。
#    选一个位置就是 S 类的分类。损失是两个交叉熵的平均，一个是起点的，一个是终点的。
# 2. 请写出 `best_span(start, end, left, right, longest)`。`start` 和 `end` 是一个文本的分数（NumPy，长度 S）；
#    段落占据位置 `left` 到 `right`，两端都包含。返回使 `start[i] + end[j]` 最大的 `(i, j)`，要满足三个条件：
#    两者都在段落里，`i <= j`，片段最多有 `longest` 个词元。

# %%
import paddle
import paddle.nn.functional as F
from paddle import nn
from paddlenlp.transformers import AutoModel, AutoTokenizer, LinearDecayWithWarmup

from app.course import ROOT

CHECKPOINT = f"{ROOT}/data/models/bert-mini-zh"


class SpanReader(nn.Layer):
    """input_ids, token_type_ids: int64 [B, S] -> start, end: float32 [B, S] each"""

    ### BEGIN SOLUTION
    def __init__(self, encoder):
        super().__init__()
        self.encoder = encoder
        self.classifier = nn.Linear(encoder.config.hidden_size, 2)

    def forward(self, input_ids, token_type_ids):
        sequence, _ = self.encoder(input_ids, token_type_ids)
        scores = self.classifier(sequence)  # [B, S, 2]
        return scores[:, :, 0], scores[:, :, 1]

    def loss(self, start, end, first, last):
        return (F.cross_entropy(start, first) + F.cross_entropy(end, last)) / 2
    ### END SOLUTION


def best_span(start, end, left, right, longest):
    """start, end: float32 [S] -> (i, j)"""
    ### BEGIN SOLUTION
    best, span = float("-inf"), None
    for i in range(left, right + 1):
        for j in range(i, min(i + longest, right + 1)):
            if start[i] + end[j] > best:
                best, span = start[i] + end[j], (i, j)
    return span
    ### END SOLUTION


# %% [markdown] lang="en"
# `data/course/answers.tsv` has questions on short passages. Every character is one token, so the answer that starts at
# character k of the passage starts at token `len(question) + 2 + k`.

# %% [markdown] lang="zh"
# `data/course/answers.tsv` 里是关于短段落的问题。每个字是一个词元，所以从段落第 k 个字开始的答案，
# 起点是第 `len(question) + 2 + k` 个词元。

# %%
tokenizer = AutoTokenizer.from_pretrained(CHECKPOINT)


def read_answers(split):
    """-> list of (question, passage, answer, start)"""
    with open(f"{ROOT}/data/course/answers.tsv", encoding="utf-8") as lines:
        rows = [line.rstrip("\n").split("\t") for line in lines]
    return [(row[1], row[2], row[3], int(row[4])) for row in rows if row[0] == split]


def padded(rows):
    """list of lists of numbers -> int64 [B, S]"""
    longest = max(map(len, rows))
    return paddle.to_tensor([row + [0] * (longest - len(row)) for row in rows])


def batch_of(examples):
    """-> input_ids, token_type_ids: int64 [B, S], first, last: int64 [B]"""
    ids = [tokenizer.convert_tokens_to_ids(["[CLS]", *row[0], "[SEP]", *row[1], "[SEP]"]) for row in examples]
    types = [[0] * (len(row[0]) + 2) + [1] * (len(row[1]) + 1) for row in examples]
    first = [len(question) + 2 + start for question, _, _, start in examples]
    last = [position + len(row[2]) - 1 for position, row in zip(first, examples)]
    return padded(ids), padded(types), paddle.to_tensor(first), paddle.to_tensor(last)


def answer(example, start, end):
    """The answer in the passage of `example`. start, end: float32 [S]"""
    left = len(example[0]) + 2
    i, j = best_span(start, end, left, left + len(example[1]) - 1, 12)
    return example[1][i - left : j - left + 1]


train_rows, test_rows = read_answers("train"), read_answers("test")
paddle.seed(0)
model = SpanReader(AutoModel.from_pretrained(CHECKPOINT))
model.eval()
input_ids, token_type_ids, first, last = batch_of(test_rows[:3])
start, end = model(input_ids, token_type_ids)
print("loss before training:", round(float(model.loss(start, end, first, last)), 3), f"({input_ids.shape[1]} positions)")
for row, (one, other) in zip(test_rows, zip(start.numpy(), end.numpy())):
    print(row[1], "|", row[0], "| right:", row[2], "| before training:", answer(row, one, other))

# %% [markdown] lang="en"
# Lab (two to three minutes, the hardest task of the chapter): eight passes over 480 questions. No answer of the test part
# is in the train part. The exact match is the part of the questions whose answer is right to the character. For
# comparison: a random span of the right length.

# %% [markdown] lang="zh"
# 实验（两到三分钟，本章最难的任务）：在 480 个问题上训练八遍。测试部分的答案都没有在训练部分出现过。
# 精确匹配率是答案一字不差的问题所占的比例。作为对照：随机取一个长度正确的片段。

# %% tags=["lab"]
EPOCHS, BATCH = 8, 16
schedule = LinearDecayWithWarmup(5e-4, EPOCHS * len(train_rows) // BATCH, 0.1)
optimizer = paddle.optimizer.AdamW(learning_rate=schedule, parameters=model.parameters())
model.train()
for epoch in range(EPOCHS):
    order, losses = paddle.randperm(len(train_rows)).tolist(), []
    for position in range(0, len(order), BATCH):
        input_ids, token_type_ids, first, last = batch_of([train_rows[row] for row in order[position : position + BATCH]])
        loss = model.loss(*model(input_ids, token_type_ids), first, last)
        loss.backward()
        optimizer.step()
        optimizer.clear_grad()
        schedule.step()
        losses.append(float(loss))
    print(f"epoch {epoch + 1}: loss {sum(losses) / len(losses):.3f}")
model.eval()
input_ids, token_type_ids, _, _ = batch_of(test_rows)
start, end = model(input_ids, token_type_ids)
guesses = [answer(row, one, other) for row, one, other in zip(test_rows, start.numpy(), end.numpy())]
exact = sum(guess == row[2] for guess, row in zip(guesses, test_rows)) / len(test_rows)
chance = sum(1 / (len(row[1]) - len(row[2]) + 1) for row in test_rows) / len(test_rows)
print(f"exact match {exact:.3f}, a random span of the right length: {chance:.3f}")
for guess, row in [pair for pair in zip(guesses, test_rows) if pair[0] != pair[1][2]][:8]:
    print(row[1], "|", row[0], "| right:", row[2], "| guess:", guess)
