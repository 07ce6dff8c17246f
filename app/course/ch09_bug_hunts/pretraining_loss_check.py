"""The check of the NSP loss that ignores a label."""

from __future__ import annotations

from typing import Iterator

import numpy as np
import paddle
import paddle.nn.functional as F

from app.course.answers import Student, equal, require, unpack
from app.course.texts import Text

NAME = "pretraining_loss(...)"


def check(student: Student) -> Iterator[Text]:
    """Compares both losses with our own, on batches with one label, with both labels, and with unpredicted positions."""
    paddle.seed(91)
    lm_logits, nsp_logits = 2 * paddle.randn([5, 7, student.VOCAB]), 2 * paddle.randn([5, 2])
    lm_labels = paddle.to_tensor(np.random.default_rng(91).integers(2, student.VOCAB, [5, 7]))
    lm_labels = paddle.where(paddle.rand([5, 7]) < 0.6, paddle.zeros_like(lm_labels), lm_labels)
    each = F.cross_entropy(lm_logits, lm_labels, reduction="none").squeeze(-1)
    predicted = (lm_labels != 0).astype("float32")

    def nsp_loss(labels, logits=nsp_logits):
        labels = paddle.to_tensor(labels)
        try:
            return unpack(NAME, student.pretraining_loss(lm_logits.clone(), lm_labels.clone(), logits.clone(), labels), 2)[1]
        except (IndexError, ValueError) as problem:  # Paddle's errors for a label that is out of range
            require(
                "label" not in str(problem).lower(),
                "The NSP loss gets a label that is neither 0 nor 1, and there are two logits. A shift of the labels needs "
                "another model; the labels 0 and 1 are right as they are.",
                "NSP 损失收到了既不是 0 也不是 1 的标签，而 logits 只有两个。移动标签就得换模型；标签 0 和 1 本身没有问题。",
            )
            raise

    for label in (0, 1):
        one = [label] * 5
        got, right = nsp_loss(one), F.cross_entropy(nsp_logits, paddle.to_tensor(one))
        share = float(F.softmax(nsp_logits, axis=-1)[:, label].mean())
        require(
            abs(_number("nsp_loss", got)) > 1e-6,
            f"In a batch in which all 5 NSP labels are {label}, the NSP loss is {float(got):.4f}, although the model gives the "
            f"label {label} a mean probability of only {share:.2f}; expected {float(right):.4f}. These pairs never contribute.",
            f"一批 5 个句对的 NSP 标签全是 {label} 时，NSP 损失是 {float(got):.4f}，"
            f"可是模型给标签 {label} 的平均概率只有 {share:.2f}；应为 {float(right):.4f}。这些句对从不参与损失。",
        )
    labels = [0, 1, 0, 0, 1]
    target = paddle.to_tensor(labels)
    logits, given = paddle.to_tensor(lm_logits.numpy(), stop_gradient=False), lm_labels.clone()
    lm_loss = unpack(NAME, student.pretraining_loss(logits, given, nsp_logits.clone(), target.clone()), 2)[0]
    require(
        abs(_number("lm_loss", lm_loss) - float(F.cross_entropy(nsp_logits, target))) > 1e-5,
        "The two losses are returned in the wrong order: first masked LM, then NSP.",
        "两个损失的返回顺序反了：先是掩码语言模型，后是 NSP。",
    )
    shares = _shares(nsp_loss, nsp_logits, labels)
    zero, one = shares[0], shares[1]
    by_label = np.allclose(shares, np.where(labels, one, zero), atol=1e-3)
    require(
        not (by_label and min(zero, one) > 0 and max(zero, one) > 1.01 * min(zero, one)),
        f"A pair with label 0 counts {zero:.2f} and a pair with label 1 counts {one:.2f} (1 would be right): class weights. "
        "The labels are equally frequent, so there is nothing to weigh; a weight does not bring back pairs that are ignored, "
        "either.",
        f"标签为 0 的句对的权重是 {zero:.2f}，标签为 1 的是 {one:.2f}（应为 1）：用了类别权重。两个标签一样多，不需要加权；"
        "被忽略的句对也不会因为加权而回来。",
    )
    turned = F.cross_entropy(nsp_logits, 1 - target)
    equal(
        "nsp_loss", float(nsp_loss(labels)), float(F.cross_entropy(nsp_logits, target)),
        [
            (float(turned), Text("The labels 0 and 1 are exchanged.", "标签 0 和 1 被对调了。")),
            (float(F.cross_entropy(nsp_logits, target, reduction="sum")), Text(
                "This is the sum over the pairs, not their mean.", "这是各句对之和，不是平均。")),
        ],
    )  # fmt: skip
    require(
        bool(np.allclose(shares, 1, atol=1e-3)),
        f"The NSP loss has the right value, but the gradients of the 5 pairs have the sizes {np.round(shares, 2).tolist()}; "
        "all should be 1.",
        f"NSP 损失的值正确，但 5 个句对的梯度大小是 {np.round(shares, 2).tolist()}，都应为 1。",
    )
    yield Text(
        "Every pair contributes to the NSP loss. In a batch in which all labels are 0 it is now "
        f"{float(nsp_loss([0] * 5)):.4f}; it was 0.",
        f"每个句对都参与 NSP 损失。标签全为 0 的一批，损失现在是 {float(nsp_loss([0] * 5)):.4f}，原来是 0。",
    )
    equal(
        "lm_loss", float(lm_loss), (each * predicted).sum() / predicted.sum(),
        [
            (each.mean(), Text(
                "Now masked LM learns the label 0 ([PAD]) at each position that is not predicted. `ignore_index=0` was right "
                "for this loss; it is wrong for NSP only.",
                "现在掩码语言模型在每个不预测的位置上学习标签 0（[PAD]）。对这个损失来说 `ignore_index=0` 是对的，"
                "只是 NSP 不能用。")),
            ((each * predicted).mean(), Text(
                "The sum over the predicted positions is divided by the number of all positions.",
                "被预测位置的总和除以了所有位置的个数。")),
            ((each * predicted).sum(), Text(
                "This is the sum over the predicted positions, not their mean.", "这是被预测位置之和，不是平均。")),
        ],
    )  # fmt: skip
    require(
        isinstance(lm_loss, paddle.Tensor) and not lm_loss.stop_gradient,
        "The masked-LM loss has the right value, but no gradient, so nothing can be learned from it. Return the tensor, not a "
        "number.",
        "掩码语言模型损失的值正确，但没有梯度，无法用来训练。请返回张量，不要返回数字。",
    )
    require(
        bool((given == lm_labels).all()),
        "Your function changes `lm_labels` in place; the caller still needs them. Work on a copy.",
        "你的函数就地修改了 `lm_labels`，而调用者还要用它。请在副本上修改。",
    )
    yield Text("Masked LM still ignores the positions that are not predicted.", "掩码语言模型仍然忽略不预测的位置。")
    accuracy = 100 * float(student.final_accuracy)
    require(
        accuracy > 90,
        f"The loss is right, but your training run ends with an NSP accuracy of {accuracy:.1f} %. Is the rest of the file "
        "changed?",
        f"损失正确，但你的训练结束时 NSP 准确率是 {accuracy:.1f}%。文件的其他部分是不是改过？",
    )
    yield Text(
        f"In your run the NSP loss ends at {float(student.final_loss):.4f}, and the accuracy at {accuracy:.1f} %.",
        f"你的训练结束时，NSP 损失是 {float(student.final_loss):.4f}，准确率是 {accuracy:.1f}%。",
    )


def _number(name: str, value) -> float:
    """A loss as a number."""
    require(value is not None, f"`{name}` is None.", f"`{name}` 是 None。")
    count = int(np.asarray(value).size)
    require(
        count == 1,
        f"`{name}` has to be one number; it has {count}. Take the mean.",
        f"`{name}` 应该是一个数，现在有 {count} 个。请取平均。",
    )
    return float(value)


def _shares(nsp_loss, logits: paddle.Tensor, labels) -> np.ndarray:
    """How much each pair counts, [B]: 1 in the mean, 0 if it is ignored. From the gradient with respect to its logits."""
    logits = paddle.to_tensor(logits.numpy(), stop_gradient=False)
    loss = nsp_loss(labels, logits)
    require(
        isinstance(loss, paddle.Tensor) and not loss.stop_gradient,
        "The NSP loss has no gradient, so nothing can be learned from it. Return the tensor, not a number.",
        "NSP 损失没有梯度，无法用来训练。请返回张量，不要返回数字。",
    )
    loss.sum().backward()
    error = F.softmax(logits, axis=-1).numpy() - np.eye(2)[labels]  # the gradient of the sum
    return (logits.grad.numpy() * error).sum(axis=1) / (error**2).sum(axis=1) * len(labels)
