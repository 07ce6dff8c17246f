"""The check of sentence-pair classification."""

from __future__ import annotations

import math
from typing import Iterator, List, Tuple

import numpy as np
import paddle
import paddle.nn.functional as F
from paddle import nn

from app.course.answers import Student, equal, require
from app.course.calls import call
from app.course.ch06_fine_tuning.heads import SOFTMAX_TWICE, Head, inputs, train
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
    paddle.seed(61)
    yield _check_model(student)
    yield _check_step(student)
    yield _check_training(student)


def _check_model(student: Student) -> Text:
    head = Head(student, "PairClassifier", (3,), hidden=12, batch=(2, 9), outputs=3)
    (linear,), sequence = head.linears, head.sequence
    head.check_logits(linear, lambda _, pooled: pooled, [
        (linear(sequence), Text(
            "These are logits for every token: the sequence output was used. One vector per pair is wanted, the pooled output.",
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
    ])  # fmt: skip
    head.check_dropout(Text("the linear layer", "线性层"))
    head.check_gradients(F.cross_entropy(head.model(head.ids, head.types), paddle.to_tensor([0, 2])))
    return Text(
        "PairClassifier: 12 x 3 + 3 = 39 new numbers on an encoder of width 12, logits [2, 3] for 2 pairs; dropout in training "
        "only; head and encoder both get gradients.",
        "PairClassifier：在宽度为 12 的编码器上新增 12×3+3 = 39 个参数，2 个句对的 logits 形状是 [2, 3]；只在训练时有 dropout；"
        "头和编码器都有梯度。",
    )


def _check_step(student: Student) -> Text:
    ids, types = inputs(5, 7, padding=False)
    labels = paddle.to_tensor([2, 0, 1, 1, 0])

    def reference(steps: int, keep: bool = False) -> Tuple[List[float], paddle.Tensor]:
        """The losses and the weights of our own steps; `keep`: without clearing the gradients."""
        model, losses = _Votes(), []
        optimizer = paddle.optimizer.SGD(0.2, parameters=model.parameters())
        for _ in range(steps):
            loss = F.cross_entropy(model(ids, types), labels)
            losses.append(float(loss))
            loss.backward()
            optimizer.step()
            if not keep:
                optimizer.clear_grad()
        return losses, model.votes

    model = _Votes()
    start, logits = model.votes.clone(), model(ids, types)
    optimizer = paddle.optimizer.SGD(0.2, parameters=model.parameters())
    first = call(student.train_step, model, optimizer, ids, types, labels)
    ((expected, second), after_two), (_, after_one) = reference(2), reference(1)
    equal("train_step(...)", first, expected, [
        (F.cross_entropy(F.softmax(logits), labels), SOFTMAX_TWICE),
        (expected * 5, Text("This is the sum over the batch; the mean is wanted.", "这是整批的和，应该取平均。")),
        (F.cross_entropy(logits, labels, reduction="none"), Text(
            "These are the losses of the rows; the mean is wanted.", "这是每一行的损失，应该取平均。")),
        (logits, Text("These are the logits; return the loss.", "这是 logits；应该返回损失。")),
        (F.cross_entropy(_Votes()(ids, paddle.zeros_like(types)), labels), Text(
            "token_type_ids are not passed to the model.", "没有把 token_type_ids 传给模型。")),
        (second, Text(
            "This is the loss after the step; return the loss that the gradient belongs to.",
            "这是走完一步之后的损失；应该返回用来求梯度的那个损失。")),
    ])  # fmt: skip
    require(
        not isinstance(first, paddle.Tensor),
        "train_step returns a tensor, which keeps the memory of the whole step; return a Python number: float(loss).",
        "train_step 返回的是张量，它会一直占着这一步的内存；请返回 Python 数：float(loss)。",
    )
    require(
        model.training,
        "train_step calls model.eval(), so the dropout is off while the model is trained.",
        "train_step 调用了 model.eval()，训练时 dropout 就关掉了。",
    )
    equal(Text("the weights after train_step", "train_step 之后的权重"), model.votes, after_one, [
        (start, Text(
            "The weights have not moved. The order is: backward, then optimizer.step(), then optimizer.clear_grad().",
            "权重没有变化。顺序应该是：backward，然后 optimizer.step()，最后 optimizer.clear_grad()。")),
        (2 * after_one - start, Text("The step was made twice.", "走了两步。")),
    ])  # fmt: skip
    call(student.train_step, model, optimizer, ids, types, labels)
    equal(Text("the weights after two steps", "两步之后的权重"), model.votes, after_two, [
        (reference(2, keep=True)[1], Text(
            "The gradients of the first step are still there in the second: optimizer.clear_grad() is missing.",
            "第二步里还留着第一步的梯度：缺少 optimizer.clear_grad()。")),
    ])  # fmt: skip
    return Text(
        f"train_step: the loss {expected:.3f} falls to {second:.3f} after one step; each step has its own gradients only.",
        f"train_step：损失 {expected:.3f}，一步之后降到 {second:.3f}；每一步只用自己的梯度。",
    )


def _check_training(student: Student) -> Text:
    ids = paddle.randint(200, 4000, [8, 11])
    ids[:, 0], ids[:, 5], ids[:, 10] = 2, 3, 3
    labels = paddle.to_tensor([0, 1] * 4)
    ids[:, 6:10] = paddle.where(labels.unsqueeze(1) == 1, ids[:, 1:5], ids[:, 6:10])  # label 1: B is the same as A
    types = paddle.to_tensor([[0] * 6 + [1] * 5] * 8)
    return train(student, "PairClassifier", (2,), lambda model: F.cross_entropy(model(ids, types), labels), 12, 5e-4, math.log(2))
