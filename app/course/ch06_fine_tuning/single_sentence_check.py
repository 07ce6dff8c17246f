"""The check of single-sentence classification."""

from __future__ import annotations

import math
from typing import Iterator, List, Optional, Sequence

import numpy as np
import paddle
import paddle.nn.functional as F
from paddle import nn

from app.course.answers import Student, equal, require, unpack
from app.course.calls import call
from app.course.ch06_fine_tuning.heads import Head, train
from app.course.texts import Text


class _Fixed(nn.Layer):
    """A model for predict: given logits, very noisy in training mode. It remembers how it was called."""

    def __init__(self, logits: paddle.Tensor):
        super().__init__()
        self.logits = self.create_parameter(logits.shape)
        self.logits.set_value(logits)
        self.with_gradients: Optional[bool] = None
        self.with_dropout: Optional[bool] = None

    def forward(self, input_ids, token_type_ids):
        """int64 [B, S] twice -> float32 [B, C]"""
        self.with_gradients, self.with_dropout = paddle.is_grad_enabled(), self.training
        logits = self.logits[input_ids[:, 1] + token_type_ids[:, 1]]
        return logits + paddle.randn(logits.shape) * (5.0 if self.training else 0.0)


def check(student: Student) -> Iterator[Text]:
    """The head on a small encoder, predictions from given logits, then a short training on the shipped checkpoint."""
    paddle.seed(64)
    yield _check_model(student)
    yield _check_predict(student)
    yield _check_training(student)


def _check_model(student: Student) -> Text:
    head = Head(student, "SentenceClassifier", (5,), hidden=10, batch=(2, 7), outputs=5, linears=2)
    (dense, classifier), sequence = head.linears, head.sequence

    def logits(vectors: paddle.Tensor) -> paddle.Tensor:
        return classifier(paddle.tanh(dense(vectors)))

    head.check_logits(logits, lambda sequence, _: sequence[:, 0], [
        (logits(sequence[0]), Text(
            "`sequence[0]` is the first text of the batch with all its tokens; [CLS] is token 0 of every text.",
            "`sequence[0]` 是批里的第一个文本的所有词元；[CLS] 是每个文本的第 0 个词元。")),
        (logits(sequence[:, -1]), Text(
            "This is the last token of every text, which may be padding; [CLS] is the first.",
            "这是每个文本的最后一个词元，可能是填充；[CLS] 是第一个。")),
        (logits(sequence[:, 1]), Text(
            "This is token 1, the first character; [CLS] is token 0.", "这是第 1 个词元，即第一个字；[CLS] 是第 0 个。")),
        (logits(sequence), Text(
            "These are logits for every token: [CLS] was not taken out of the sequence output.",
            "这是每个词元的 logits：没有从 sequence 输出里取出 [CLS]。")),
        (logits(sequence.mean(axis=1)), Text(
            "This is the mean over the tokens (and over padding); the vector of [CLS] is wanted.",
            "这是所有词元（包括填充）的平均；这里要的是 [CLS] 的向量。")),
        (logits(head.pooled), Text(
            "This is the encoder's pooled vector, which has had a linear layer and tanh already; take [CLS] from the sequence "
            "output.",
            "这是编码器的池化向量，已经经过一个线性层和 tanh；请从 sequence 输出里取 [CLS]。")),
        (classifier(dense(sequence[:, 0])), Text(
            "The tanh between the two linear layers is missing, so they are no more than one linear layer.",
            "两个线性层之间缺少 tanh，这样它们合起来只相当于一个线性层。")),
        (classifier(F.relu(dense(sequence[:, 0]))), Text("There is a ReLU in place of tanh.", "用了 ReLU，应该用 tanh。")),
        (classifier(F.gelu(dense(sequence[:, 0]))), Text("There is a GELU in place of tanh.", "用了 GELU，应该用 tanh。")),
        (paddle.tanh(logits(sequence[:, 0])), Text(
            "The tanh stands behind the second linear layer too.", "第二个线性层之后又做了一次 tanh。")),
    ])  # fmt: skip
    head.check_dropout(Text("W1", "W1 "), Text("W2", "W2 "))
    head.check_gradients(F.cross_entropy(head.model(head.ids, head.types), paddle.to_tensor([4, 1])))
    return Text(
        "SentenceClassifier: logits [2, 5] for 2 texts of 7 tokens and 5 classes; only [CLS] is read; dropout in front of both "
        "linear layers.",
        "SentenceClassifier：2 个文本、每个 7 个词元、5 个类别，logits 的形状是 [2, 5]；只读取 [CLS]；"
        "两个线性层前面都有 dropout。",
    )


def _check_predict(student: Student) -> Text:
    names = ["甲", "乙", "丙", "丁"]
    model = _Fixed(paddle.to_tensor([[1.4, 0.2, -0.3, 0.1], [0.0, -1.0, 2.0, 2.5], [-1.0, -3.0, -0.5, -2.0]]))
    model.train()
    ids, types = paddle.to_tensor([[2, 1, 3], [2, 0, 3], [2, 1, 3]]), paddle.to_tensor([[0, 0, 0], [0, 0, 0], [0, 1, 1]])
    rows = model.logits.numpy()[[1, 0, 2]]
    probabilities = np.exp(rows) / np.exp(rows).sum(axis=1, keepdims=True)
    over_texts = np.exp(rows) / np.exp(rows).sum(axis=0)
    best = rows.argmax(axis=1)
    got = call(student.predict, model, ids, types, names)
    require(
        model.with_dropout is not None,
        "predict does not call the model that it is given.", "predict 没有调用传给它的 model。",
    )  # fmt: skip
    require(
        not model.with_dropout,
        "The model was in training mode, so dropout changes the predictions: call model.eval() first.",
        "模型处于训练模式，dropout 会改变预测结果：请先调用 model.eval()。",
    )
    require(
        not model.with_gradients,
        "The model computed gradients for a prediction: put the call into `with paddle.no_grad():`.",
        "预测时模型还在计算梯度：请把调用放进 `with paddle.no_grad():` 里。",
    )
    pairs = [unpack(f"predict(...)[{row}]", pair, 2) for row, pair in enumerate(unpack("predict(...)", got, 3))]
    softmax_over_texts = Text(
        "The softmax goes over the texts of the batch (axis 0); the classes of one text have to sum to 1 (axis -1).",
        "softmax 是在批里的文本上做的（axis 0）；同一个文本的各类概率之和应为 1（axis -1）。",
    )

    def named(numbers: np.ndarray, names: Sequence[str] = names) -> List[str]:
        return [names[k] for k in numbers]

    equal(Text("the names", "类别名"), [pair[0] for pair in pairs], named(best), [
        (best.tolist(), Text("These are the numbers of the classes; return names[k].", "这是类别的编号；应该返回 names[k]。")),
        (lambda: named(best, student.INTENTS), Text(
            "These are names from INTENTS; take them from the argument `names`.",
            "这是 INTENTS 里的名字；应该取自参数 `names`。")),
        (named(probabilities.argmax(axis=0)[:3]), Text(
            "The argmax goes over the texts of the batch (axis 0); for every text the best class is wanted (axis -1).",
            "argmax 是在批里的文本上做的（axis 0）；应该为每个文本找最好的类别（axis -1）。")),
        (named(rows.argmin(axis=1)), Text("These are the least likely classes.", "这是最不可能的类别。")),
        (named(over_texts.argmax(axis=1)), softmax_over_texts),
        (named(model.logits.numpy()[[1, 0, 1]].argmax(axis=1)), Text(
            "token_type_ids are not passed to the model.", "没有把 token_type_ids 传给模型。")),
    ])  # fmt: skip
    equal(Text("the probabilities", "概率"), [float(pair[1]) for pair in pairs], probabilities.max(axis=1), [
        (rows.max(axis=1), Text("These are logits; the softmax is missing.", "这是 logits；缺少 softmax。")),
        (over_texts[np.arange(3), best], softmax_over_texts),
        (100 * probabilities.max(axis=1), Text(
            "These are percentages; a probability is at most 1.", "这是百分数；概率最大是 1。")),
        (probabilities[:, 0], Text("This is always the probability of class 0.", "这总是第 0 类的概率。")),
        (np.log(probabilities.max(axis=1)), Text(
            "These are logarithms of probabilities (log_softmax); return probabilities.",
            "这是概率的对数（log_softmax）；应该返回概率。")),
        (1 / (1 + np.exp(-rows.max(axis=1))), Text(
            "This is a sigmoid of one logit; the classes exclude each other, so use softmax.",
            "这是对单个 logit 做的 sigmoid；各类互斥，应该用 softmax。")),
    ])  # fmt: skip
    return Text(
        f"predict: {pairs[0][0]} with the probability {float(pairs[0][1]):.3f} for the first text; no dropout, no gradients.",
        f"predict：第一个文本是 {pairs[0][0]}，概率 {float(pairs[0][1]):.3f}；没有 dropout，也不计算梯度。",
    )


def _check_training(student: Student) -> Text:
    ids = paddle.randint(200, 4000, [12, 8])
    ids[:, 0], ids[:, 7] = 2, 3
    labels = paddle.arange(12) % 6
    ids[:, 3] = 500 + 10 * labels  # the class is in one token
    types = paddle.zeros_like(ids)
    return train(
        student, "SentenceClassifier", (6,), lambda model: F.cross_entropy(model(ids, types), labels), 12, 5e-4, math.log(6)
    )
