"""The check of sentence-pair classification."""

from __future__ import annotations

import math
from typing import Iterator

import numpy as np
import paddle
import paddle.nn.functional as F
from paddle import nn

from app.course.answers import Student, equal
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


class _Votes(nn.Layer):
    """A model for train_step: the logits of a text are the sum of learned votes of its tokens, different in A and B."""

    def __init__(self):
        super().__init__()
        self.votes = self.create_parameter([80, 3])
        values = np.random.default_rng(3).normal(size=[80, 3])
        self.votes.set_value(values.astype("float32"))

    def forward(self, input_ids, token_type_ids):
        """int64 [B, S] twice -> float32 [B, 3]"""
        return F.embedding(input_ids + 40 * token_type_ids, self.votes).sum(axis=1)


def check(student: Student) -> Iterator[Text]:
    """The head on a small encoder, one step at a time on a small model, then a short training on the shipped checkpoint."""
    yield from _check_model(student)
    yield from _check_step(student)
    yield from _check_training(student)


def _check_model(student: Student) -> Iterator[Text]:
    paddle.seed(61)
    encoder = small_encoder(12)
    ids, types = inputs(2, 9)
    model = student.PairClassifier(encoder, 3)
    require_model("PairClassifier", model, encoder)
    model.eval()
    (linear,) = require_linear(model, encoder, 1, 3)
    linear.weight.set_value(paddle.randn([12, 3]))
    linear.bias.set_value(paddle.randn([3]))
    sequence, pooled = encoder(ids, types)
    _, one_segment = encoder(ids)
    logits = model(ids, types)
    equal(
        "model(input_ids, token_type_ids)", logits, linear(pooled),
        [
            (linear(one_segment), Text(
                "token_type_ids are not passed to the encoder: it takes both texts for one.",
                "没有把 token_type_ids 传给编码器：它会把两个文本当成一个。")),
            (linear(sequence), Text(
                "These are logits for every token: the sequence output was used. One vector per pair is wanted, the pooled "
                "output.",
                "这是每个词元的 logits：用的是 sequence 输出。每个句对只要一个向量，即池化输出。")),
            (linear(sequence[:, 0]), Text(
                "This is the vector of [CLS] from the sequence output; the pooled vector has a linear layer and tanh behind it.",
                "这是 sequence 输出里 [CLS] 的向量；池化向量还要经过一个线性层和 tanh。")),
            (linear(sequence[0]), Text(
                "`sequence[0]` is the first text of the batch, not [CLS] of every text.",
                "`sequence[0]` 是批里的第一个文本，不是每个文本的 [CLS]。")),
            (linear(sequence.mean(axis=1)), Text(
                "This is the mean over all tokens; the pooled vector comes from [CLS].",
                "这是所有词元的平均；池化向量来自 [CLS]。")),
            (F.softmax(linear(pooled)), Text(
                "These are probabilities. forward has to return logits: cross_entropy contains the softmax.",
                "这是概率。forward 应该返回 logits：cross_entropy 自己包含 softmax。")),
            (F.log_softmax(linear(pooled)), Text(
                "These are logarithms of probabilities; forward has to return logits.",
                "这是概率的对数；forward 应该返回 logits。")),
        ],
    )  # fmt: skip
    require_dropout(model, encoder, ids, types)
    require_gradients(model, encoder, F.cross_entropy(model(ids, types), paddle.to_tensor([0, 2])))
    yield Text(
        f"PairClassifier: 12 x 3 + 3 = {12 * 3 + 3} new numbers on an encoder of width 12, logits {list(logits.shape)} for 2 "
        f"pairs; "
        "dropout in training only; head and encoder both get gradients.",
        f"PairClassifier：在宽度为 12 的编码器上新增 12×3+3 = {12 * 3 + 3} 个参数，2 个句对的 logits 形状是 "
        f"{list(logits.shape)}；"
        "只在训练时有 dropout；头和编码器都有梯度。",
    )


def _check_step(student: Student) -> Iterator[Text]:
    paddle.seed(62)
    ids, types = inputs(5, 7, padding=False)
    labels = paddle.to_tensor([2, 0, 1, 1, 0])

    def reference(steps: int, keep: bool = False, gradient_of=F.cross_entropy):
        """The losses and the weights of our own steps; `keep`: without clearing the gradients."""
        model, losses = _Votes(), []
        optimizer = paddle.optimizer.SGD(0.2, parameters=model.parameters())
        for _ in range(steps):
            loss = gradient_of(model(ids, types), labels)
            losses.append(float(loss))
            loss.backward()
            optimizer.step()
            if not keep:
                optimizer.clear_grad()
        return losses, model.votes

    model = _Votes()
    start = model.votes.clone()
    optimizer = paddle.optimizer.SGD(0.2, parameters=model.parameters())
    first = student.train_step(model, optimizer, ids, types, labels)
    logits = _Votes()(ids, types)
    (expected, second), _ = reference(2)
    equal(
        "train_step(...)", first, expected,
        [
            (F.cross_entropy(F.softmax(logits), labels), Text(
                "There is a softmax before cross_entropy, which contains one already. The loss can then hardly fall.",
                "在 cross_entropy 之前又做了一次 softmax，而它自己已经包含了。这样损失很难下降。")),
            (expected * 5, Text("This is the sum over the batch; the mean is wanted.", "这是整批的和，应该取平均。")),
            (F.cross_entropy(logits, labels, reduction="none"), Text(
                "These are the losses of the rows; the mean is wanted.", "这是每一行的损失，应该取平均。")),
            (logits, Text("These are the logits; return the loss.", "这是 logits；应该返回损失。")),
            (F.cross_entropy(_Votes()(ids, paddle.zeros_like(types)), labels), Text(
                "token_type_ids are not passed to the model.", "没有把 token_type_ids 传给模型。")),
            (second, Text(
                "This is the loss after the step; return the loss that the gradient belongs to.",
                "这是走完一步之后的损失；应该返回用来求梯度的那个损失。")),
        ],
    )  # fmt: skip
    _, after_one = reference(1)
    equal(
        "the weights after train_step", model.votes, after_one,
        [
            (start, Text(
                "The weights have not moved. The order is: backward, then optimizer.step(), then optimizer.clear_grad().",
                "权重没有变化。顺序应该是：backward，然后 optimizer.step()，最后 optimizer.clear_grad()。")),
            (lambda: 2 * after_one - start, Text("The step was made twice.", "走了两步。")),
        ],
    )  # fmt: skip
    student.train_step(model, optimizer, ids, types, labels)
    _, after_two = reference(2)
    equal(
        "the weights after two steps", model.votes, after_two,
        [(lambda: reference(2, keep=True)[1], Text(
            "The gradients of the first step are still there in the second: optimizer.clear_grad() is missing.",
            "第二步里还留着第一步的梯度：缺少 optimizer.clear_grad()。"))],
    )  # fmt: skip
    yield Text(
        f"train_step: the loss {expected:.3f} falls to {second:.3f} after one step; the gradients are cleared.",
        f"train_step：损失 {expected:.3f}，一步之后降到 {second:.3f}；梯度已清除。",
    )


def _check_training(student: Student) -> Iterator[Text]:
    from paddlenlp.transformers import AutoModel

    paddle.seed(63)
    ids = paddle.randint(200, 4000, [8, 11])
    ids[:, 0], ids[:, 5], ids[:, 10] = 2, 3, 3
    labels = paddle.to_tensor([0, 1] * 4)
    ids[:, 6:10] = paddle.where(labels.unsqueeze(1) == 1, ids[:, 1:5], ids[:, 6:10])  # label 1: B is the same as A
    types = paddle.to_tensor([[0] * 6 + [1] * 5] * 8)
    model = student.PairClassifier(AutoModel.from_pretrained(CHECKPOINT), 2)
    yield from trains(model, lambda: F.cross_entropy(model(ids, types), labels), 12, 5e-4, math.log(2))
