"""The check of single-sentence classification."""

from __future__ import annotations

import math
from typing import Iterator

import numpy as np
import paddle
import paddle.nn.functional as F
from paddle import nn

from app.course.answers import Student, equal, require, unpack
from app.course.ch06_fine_tuning.small_models import (
    CHECKPOINT,
    inputs,
    require_dropout,
    require_gradients,
    require_linear,
    require_model,
    small_encoder,
    trains,
)
from app.course.texts import Text


class _Fixed(nn.Layer):
    """A model for predict: given logits, very noisy in training mode. It remembers how it was called."""

    def __init__(self, logits: paddle.Tensor):
        super().__init__()
        self.logits = self.create_parameter(logits.shape)
        self.logits.set_value(logits)
        self.with_gradients = self.with_dropout = False

    def forward(self, input_ids, token_type_ids):
        """int64 [B, S] twice -> float32 [B, C]"""
        self.with_gradients, self.with_dropout = paddle.is_grad_enabled(), self.training
        noise = 5.0 if self.training else 0.0
        return self.logits[input_ids[:, 1]] + token_type_ids.sum() + noise * paddle.randn(self.logits.shape)


def check(student: Student) -> Iterator[Text]:
    """The head on a small encoder, predictions from given logits, then a short training on the shipped checkpoint."""
    yield from _check_model(student)
    yield from _check_predict(student)
    yield from _check_training(student)


def _check_model(student: Student) -> Iterator[Text]:
    paddle.seed(64)
    encoder = small_encoder(10)
    ids, types = inputs(2, 7)
    types = paddle.zeros_like(types)
    model = student.SentenceClassifier(encoder, 5)
    require_model("SentenceClassifier", model, encoder)
    model.eval()
    layers = require_linear(model, encoder, 2, 5)
    classifier = next(layer for layer in layers if layer.weight.shape[1] == 5)
    dense = next(layer for layer in layers if layer is not classifier)
    require(
        dense.weight.shape == [10, 10],
        f"The first linear layer of the head has the shape {dense.weight.shape}; expected H x H = [10, 10].",
        f"头里第一个线性层的形状是 {dense.weight.shape}，应为 H×H = [10, 10]。",
    )
    for layer in layers:
        layer.weight.set_value(0.4 * paddle.randn(layer.weight.shape))
        layer.bias.set_value(paddle.randn(layer.bias.shape))
    sequence, pooled = encoder(ids, types)

    def head(vectors: paddle.Tensor) -> paddle.Tensor:
        return classifier(paddle.tanh(dense(vectors)))

    right = head(sequence[:, 0])
    logits = model(ids, types)
    equal(
        "model(input_ids, token_type_ids)", logits, right,
        [
            (head(sequence[0]), Text(
                "`sequence[0]` is the first text of the batch with all its tokens; [CLS] is token 0 of every text.",
                "`sequence[0]` 是批里的第一个文本的所有词元；[CLS] 是每个文本的第 0 个词元。")),
            (head(sequence[:, -1]), Text(
                "This is the last token of every text, which may be padding; [CLS] is the first.",
                "这是每个文本的最后一个词元，可能是填充；[CLS] 是第一个。")),
            (lambda: head(sequence[:, 1]), Text(
                "This is token 1, the first character; [CLS] is token 0.", "这是第 1 个词元，即第一个字；[CLS] 是第 0 个。")),
            (head(sequence), Text(
                "These are logits for every token: [CLS] was not taken out of the sequence output.",
                "这是每个词元的 logits：没有从 sequence 输出里取出 [CLS]。")),
            (head(sequence.mean(axis=1)), Text(
                "This is the mean over the tokens (and over padding); the vector of [CLS] is wanted.",
                "这是所有词元（包括填充）的平均；这里要的是 [CLS] 的向量。")),
            (head(pooled), Text(
                "This is the encoder's pooled vector, which has had a linear layer and tanh already; take [CLS] from the "
                "sequence output.",
                "这是编码器的池化向量，已经经过一个线性层和 tanh；请从 sequence 输出里取 [CLS]。")),
            (classifier(dense(sequence[:, 0])), Text(
                "The tanh between the two linear layers is missing, so they are no more than one linear layer.",
                "两个线性层之间缺少 tanh，这样它们合起来只相当于一个线性层。")),
            (classifier(F.relu(dense(sequence[:, 0]))), Text("There is a ReLU in place of tanh.", "用了 ReLU，应该用 tanh。")),
            (F.softmax(right), Text(
                "These are probabilities; forward has to return logits.", "这是概率；forward 应该返回 logits。")),
            (paddle.tanh(right), Text(
                "The tanh stands behind the second linear layer too.",
                "第二个线性层之后又做了一次 tanh。")),
        ],
    )  # fmt: skip
    require_dropout(model, encoder, ids, types)
    _require_two_dropouts(model, dense, classifier, ids, types)
    require_gradients(model, encoder, F.cross_entropy(model(ids, types), paddle.to_tensor([4, 1])))
    yield Text(
        f"SentenceClassifier: logits {list(logits.shape)} for 2 texts of 7 tokens and 5 classes; only [CLS] is read.",
        f"SentenceClassifier：2 个文本、每个 7 个词元、5 个类别，logits 的形状是 {list(logits.shape)}；只读取 [CLS]。",
    )


def _require_two_dropouts(model: nn.Layer, dense: nn.Layer, classifier: nn.Layer, *batch: paddle.Tensor) -> None:
    """Raises WrongAnswer unless the inputs of both linear layers have numbers that dropout has set to 0."""
    zeros = {"W1": False, "W2": False}

    def watch(name: str):
        def hook(layer, given):
            zeros[name] |= bool((given[0] == 0).any())

        return hook

    hooks = [layer.register_forward_pre_hook(watch(name)) for name, layer in (("W1", dense), ("W2", classifier))]
    model.train()
    for _ in range(20):
        model(*batch)
    model.eval()
    for hook in hooks:
        hook.remove()
    for name, found in zeros.items():
        require(
            found,
            f"There is no dropout in front of {name}; the formula has two.", f"{name} 前面没有 dropout；公式里有两个。",
        )  # fmt: skip


def _check_predict(student: Student) -> Iterator[Text]:
    names = ["甲", "乙", "丙", "丁"]
    logits = paddle.to_tensor([[1.4, 0.2, -0.3, 0.1], [0.0, -1.0, 2.0, 2.5], [-1.0, -3.0, -0.5, -2.0]])
    model = _Fixed(logits)
    model.train()
    paddle.seed(65)
    ids = paddle.to_tensor([[2, 1, 3], [2, 0, 3], [2, 2, 3]])
    rows = logits.numpy()[[1, 0, 2]]
    probabilities = np.exp(rows) / np.exp(rows).sum(axis=1, keepdims=True)
    over_texts = np.exp(rows) / np.exp(rows).sum(axis=0)
    best = rows.argmax(axis=1)
    got = student.predict(model, ids, paddle.zeros_like(ids), names)
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
    equal(
        "the names", [pair[0] for pair in pairs], [names[k] for k in best],
        [
            ([int(k) for k in best], Text(
                "These are the numbers of the classes; return names[k].",
                "这是类别的编号；应该返回 names[k]。")),
            ([names[k] for k in probabilities.argmax(axis=0)[:3]], Text(
                "The argmax goes over the texts of the batch (axis 0); for every text the best class is wanted (axis -1).",
                "argmax 是在批里的文本上做的（axis 0）；应该为每个文本找最好的类别（axis -1）。")),
            ([names[k] for k in rows.argmin(axis=1)], Text("These are the least likely classes.", "这是最不可能的类别。")),
            ([names[k] for k in over_texts.argmax(axis=1)], Text(
                "The softmax goes over the texts of the batch (axis 0); the classes of one text have to sum to 1 (axis -1).",
                "softmax 是在批里的文本上做的（axis 0）；同一个文本的各类概率之和应为 1（axis -1）。")),
        ],
    )  # fmt: skip
    equal(
        "the probabilities", [float(pair[1]) for pair in pairs], probabilities.max(axis=1),
        [
            (rows.max(axis=1), Text("These are logits; the softmax is missing.", "这是 logits；缺少 softmax。")),
            (over_texts[np.arange(3), best], Text(
                "The softmax goes over the texts of the batch (axis 0); the classes of one text have to sum to 1 (axis -1).",
                "softmax 是在批里的文本上做的（axis 0）；同一个文本的各类概率之和应为 1（axis -1）。")),
            (probabilities[:, 0], Text("This is always the probability of class 0.", "这总是第 0 类的概率。")),
            (1 / (1 + np.exp(-rows.max(axis=1))), Text(
                "This is a sigmoid of one logit; the classes exclude each other, so use softmax.",
                "这是对单个 logit 做的 sigmoid；各类互斥，应该用 softmax。")),
        ],
    )  # fmt: skip
    yield Text(
        f"predict: {pairs[0][0]} with the probability {float(pairs[0][1]):.3f} for the first text; no dropout, no gradients.",
        f"predict：第一个文本是 {pairs[0][0]}，概率 {float(pairs[0][1]):.3f}；没有 dropout，也不计算梯度。",
    )


def _check_training(student: Student) -> Iterator[Text]:
    from paddlenlp.transformers import AutoModel

    paddle.seed(66)
    ids = paddle.randint(200, 4000, [12, 8])
    ids[:, 0], ids[:, 7] = 2, 3
    labels = paddle.arange(12) % 6
    ids[:, 3] = 500 + 10 * labels  # the class is in one token
    model = student.SentenceClassifier(AutoModel.from_pretrained(CHECKPOINT), 6)
    yield from trains(model, lambda: F.cross_entropy(model(ids, paddle.zeros_like(ids)), labels), 12, 5e-4, math.log(6))
