"""The check of the distillation loss: its value, and the gradients of student and teacher."""

from __future__ import annotations

from typing import Iterator

import paddle
import paddle.nn.functional as F

from app.course.answers import Student, equal, require
from app.course.calls import call, tensor
from app.course.texts import Text

ALPHA, TEMPERATURE = 0.3, 2.5


def check(student: Student) -> Iterator[Text]:
    """Compares value and gradient with our own, with mistakes of every kind."""
    paddle.seed(85)
    student_logits, teacher_logits = 2 * paddle.randn([3, 4]), 3 * paddle.randn([3, 4])
    student_logits.stop_gradient = teacher_logits.stop_gradient = False
    labels = paddle.to_tensor([2, 0, 3])
    what = f"distillation_loss(logits, teacher_logits, labels, {ALPHA}, {TEMPERATURE})"
    got = tensor(what, call(student.distillation_loss, student_logits, teacher_logits, labels, ALPHA, TEMPERATURE))
    check_value(what, got, student_logits.detach(), teacher_logits.detach(), labels)
    yield Text(f"The loss is right: {float(got):.4f} for a batch of three rows.", f"损失正确：三行的批得到 {float(got):.4f}。")
    require(
        not got.stop_gradient,
        "The loss has no gradient with respect to the logits. Do not detach the student's logits.",
        "损失对学生的 logits 没有梯度。不要 detach 学生的 logits。",
    )
    got.sum().backward()
    require(
        teacher_logits.grad is None or float(teacher_logits.grad.abs().max()) == 0,
        "The teacher gets gradients: use `teacher_logits.detach()`. Otherwise the loss also pulls the teacher towards the "
        "student.",
        "教师得到了梯度：请用 `teacher_logits.detach()`，否则损失也会把教师拉向学生。",
    )
    ours = student_logits.detach()
    ours.stop_gradient = False
    loss(ours, teacher_logits.detach(), labels, ALPHA, TEMPERATURE).backward()
    labels_only = student_logits.detach()
    labels_only.stop_gradient = False
    (ALPHA * F.cross_entropy(labels_only, labels)).backward()
    equal(Text("the gradient of the student's logits", "学生 logits 的梯度"), student_logits.grad, ours.grad, [
        (labels_only.grad, Text("The KL part gives the student no gradient: it was detached or made a Python number.",
                                "KL 部分没有给学生梯度：它被 detach 了，或者变成了 Python 数。")),
    ])  # fmt: skip
    yield Text("The student's logits get the right gradient, the teacher's none.", "学生的 logits 得到正确的梯度，教师没有梯度。")
    same = paddle.to_tensor([[1.0, -2.0], [0.5, 0.25], [3.0, 1.0], [0.0, 4.0], [1.0, 1.0]])
    zeros = paddle.zeros([5], dtype="int64")
    other = same.flip(axis=0)
    for teacher, alpha, temperature in ((same, 0.0, 4.0), (other, 0.6, 1.0)):
        what = f"distillation_loss(logits, teacher_logits, labels, {alpha}, {temperature})"
        got = tensor(what, call(student.distillation_loss, same, teacher, zeros, alpha, temperature)).reshape([])
        equal(what, got, loss(same, teacher, zeros, alpha, temperature))
    yield Text("The KL part is 0 if both agree, and another batch with another alpha and T is right too.",
               "两者一致时 KL 部分为 0；换一个批、换 alpha 和 T 也正确。")  # fmt: skip


def loss(logits: paddle.Tensor, teacher: paddle.Tensor, labels: paddle.Tensor, alpha: float, temperature: float) -> paddle.Tensor:
    """The distillation loss: float32 []."""
    log_p, log_q = F.log_softmax(teacher / temperature), F.log_softmax(logits / temperature)
    return alpha * F.cross_entropy(logits, labels) + (1 - alpha) * temperature**2 * kl(log_p, log_q).mean()


def kl(log_p: paddle.Tensor, log_q: paddle.Tensor) -> paddle.Tensor:
    """KL(p‖q) of each row: float32 [B]."""
    return (log_p.exp() * (log_p - log_q)).sum(axis=-1)


def check_value(what: str, got: paddle.Tensor, logits: paddle.Tensor, teacher: paddle.Tensor, labels: paddle.Tensor) -> None:
    """The value of the loss, and the values of known mistakes."""
    a, t = ALPHA, TEMPERATURE
    hard = float(F.cross_entropy(logits, labels))
    log_p, log_q = F.log_softmax(teacher / t), F.log_softmax(logits / t)
    soft = float(kl(log_p, log_q).mean())
    no_temperature = Text(
        "is computed without the temperature: divide both logits by T.", "没有用温度：两边的 logits 都要除以 T。"
    )

    def value(hard: float = hard, soft: float = soft, hard_weight: float = a, soft_weight: float = (1 - a) * t**2) -> float:
        return hard_weight * float(hard) + soft_weight * float(soft)

    rows = [value(soft_weight=(1 - a) * t**2 * 3), value(soft_weight=(1 - a) * t**2 / 4)]
    axis = F.log_softmax(teacher / t, axis=0), F.log_softmax(logits / t, axis=0)
    equal(what, got.reshape([]) if got.size == 1 else got, value(), [
        (value(soft_weight=1 - a), Text("The factor T² is missing.", "缺少系数 T²。")),
        (value(soft_weight=(1 - a) * t), Text("The factor is T; it has to be T².", "系数用了 T，应该是 T²。")),
        (value(soft_weight=(1 - a) / t**2), Text(
            "The KL part is divided by T²; multiply by it.", "KL 部分除以了 T²，应该乘以它。")),
        (value(hard_weight=a * t**2), Text(
            "All of it is multiplied by T²; only the KL part has this factor.", "整个式子都乘了 T²，只有 KL 部分有这个系数。")),
        (value(soft=kl(log_q, log_p).mean()), Text(
            "The KL divergence has the wrong direction: it is KL(teacher ‖ student), weighted by the teacher's probabilities.",
            "KL 散度的方向反了：应为 KL(教师 ‖ 学生)，用教师的概率加权。")),
        (value(soft=kl(F.log_softmax(teacher), log_q).mean()), Text(
            f"The teacher's softmax {no_temperature.en}", f"教师的 softmax {no_temperature.zh}")),
        (value(soft=kl(log_p, F.log_softmax(logits)).mean()), Text(
            f"The student's softmax {no_temperature.en}", f"学生的 softmax {no_temperature.zh}")),
        (value(soft=kl(F.log_softmax(teacher), F.log_softmax(logits)).mean()), Text(
            f"The KL part {no_temperature.en}", f"KL 部分{no_temperature.zh}")),
        (value(soft=kl(F.log_softmax(teacher / 2), F.log_softmax(logits / 2)).mean(), soft_weight=(1 - a) * 4), Text(
            "The temperature is always 2, as in the demo; use the argument.", "温度总是演示里的 2，应使用参数。")),
        (value(hard_weight=0.5, soft_weight=0.5 * t**2), Text(
            "alpha is always 0.5, as in the demo; use the argument.", "alpha 总是演示里的 0.5，应使用参数。")),
        (value(hard=F.cross_entropy(logits / t, labels)), Text(
            "The cross-entropy with the labels has the temperature; it has to use the logits as they are.",
            "与标签的交叉熵用了温度，它应直接用 logits。")),
        (value(hard_weight=1 - a, soft_weight=a * t**2), Text(
            "alpha and 1 - alpha are swapped: alpha belongs to the labels.",
            "alpha 与 1 - alpha 写反了：alpha 属于标签那一项。")),
        (value(hard_weight=1.0), Text("The cross-entropy is not multiplied by alpha.", "交叉熵没有乘以 alpha。")),
        (value(soft_weight=t**2), Text("The KL part is not multiplied by 1 - alpha.", "KL 部分没有乘以 1 - alpha。")),
        (value(soft_weight=-(1 - a) * t**2), Text("The KL part has the wrong sign.", "KL 部分的符号反了。")),
        (value(hard=hard * 3, soft=soft * 3), Text(
            "The sum over the rows is taken; take their mean.", "对各行求了和，应取平均。")),
        (rows[0], Text("The KL part is summed over the rows; take their mean.", "KL 部分对各行求了和，应取平均。")),
        (rows[1], Text(
            "The KL part is a mean over the labels too: sum over the labels, then take the mean over the rows (batchmean).",
            "KL 部分对标签也取了平均：应先对标签求和，再对各行取平均（batchmean）。")),
        (value(soft=(log_p.exp() * (log_p - log_q.exp())).sum(axis=-1).mean()), Text(
            "The log of the student's probabilities is missing.", "缺少学生概率的对数。")),
        (value(soft=(log_p.exp() * (log_p.exp() - log_q.exp())).sum(axis=-1).mean()), Text(
            "The logs are missing: KL weights the difference of the logarithms.", "缺少对数：KL 加权的是对数之差。")),
        (value(soft=-(log_p.exp() * log_q).sum(axis=-1).mean()), Text(
            "This is the cross-entropy with the soft targets. It has the same gradient as KL, but is not 0 when both agree: "
            "subtract the teacher's entropy.",
            "这是与软目标的交叉熵。它与 KL 的梯度相同，但两者一致时不为 0：要减去教师的熵。")),
        (value(soft=kl(*axis).mean()), Text(
            "The softmax goes over the batch (axis 0); it has to go over the labels (axis -1).",
            "softmax 是在批上做的（axis 0），应该在标签上做（axis -1）。")),
        (value(soft=((log_p.exp() - log_q.exp()) ** 2).sum(axis=-1).mean()), Text(
            "These are squared differences of the probabilities; KL is wanted.", "这是概率之差的平方，要求的是 KL。")),
    ])  # fmt: skip
