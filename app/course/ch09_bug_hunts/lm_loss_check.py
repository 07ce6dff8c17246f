"""The check of the LM loss that falls with padding."""

from __future__ import annotations

from typing import Iterator, Tuple

import numpy as np
import paddle
import paddle.nn.functional as F

from app.course.answers import Student, equal, require
from app.course.texts import Text

LENGTHS, WIDTH = (11, 4, 2), 11


def check(student: Student) -> Iterator[Text]:
    """Compares with our own loss, then pads further and changes the logits of the padding."""
    logits, labels = _batch(student)
    tokens, positions = sum(LENGTHS), len(LENGTHS) * WIDTH
    each, mask = F.cross_entropy(logits, labels, reduction="none"), (labels != 0).astype("float32")
    per_text = (each * mask).sum(axis=1) / mask.sum(axis=1)
    right = float((each * mask).sum() / mask.sum())
    padded = student.lm_loss(*_pad(logits, labels))
    given = labels.clone()
    equal(
        "lm_loss(logits, labels)", _number(student.lm_loss(logits.clone(), given)), right,
        [
            (lambda: float((each * mask).mean()), Text(
                f"Padded to {2 * WIDTH} positions instead of {WIDTH}, the same {tokens} tokens have the loss "
                f"{_number(padded):.4f} in your program: the loss depends on the padding.",
                f"同样的 {tokens} 个词元，从填充到 {WIDTH} 个位置改为 {2 * WIDTH} 个，你的损失变成 {_number(padded):.4f}："
                "损失与填充有关。")),
            (float(each.mean()), Text(
                f"This is the mean over all {positions} positions: now the model has to predict the padding too, and that is "
                "easy.",
                f"这是全部 {positions} 个位置的平均：现在模型连填充也要预测，而预测填充很容易。")),
            (float(each.sum() / mask.sum()), Text(
                f"The sum goes over all {positions} positions, and it is divided by the {tokens} tokens. The mask is missing "
                "in the sum.",
                f"求和包含了全部 {positions} 个位置，却除以 {tokens} 个词元。求和时漏了掩码。")),
            (float((each * mask).sum() / len(LENGTHS)), Text(
                f"The sum is divided by the batch size {len(LENGTHS)}; divide by the number of tokens, {tokens}.",
                f"总和除以了批大小 {len(LENGTHS)}；应该除以词元数 {tokens}。")),
            (float((each * mask).sum() / WIDTH), Text(
                f"The sum is divided by the length {WIDTH}; divide by the number of tokens, {tokens}.",
                f"总和除以了长度 {WIDTH}；应该除以词元数 {tokens}。")),
            (float((each * mask).sum()), Text(
                "This is the sum over the tokens, not their mean.", "这是各词元之和，不是平均。")),
            (float(per_text.mean()), Text(
                "This is a mean for each text, and then the mean over the texts: a token of a short text counts more than "
                "one of a long text.",
                "这是先对每个文本求平均，再对文本求平均：短文本里的词元比长文本里的权重大。")),
            (float((each * (1 - mask)).sum() / (1 - mask).sum()), Text(
                "The mask is inverted: this is the mean over the padding.", "掩码反了：这是填充位置的平均。")),
            (float((each * (1 - mask)).mean()), Text(
                "The mask is inverted: only the padding is summed.", "掩码反了：只对填充位置求了和。")),
            (float((each * (1 - mask)).sum() / mask.sum()), Text(
                "The mask is inverted in the sum: only the padding is summed.", "求和时掩码反了：只对填充位置求了和。")),
            (float((each * mask)[:, :-1].sum() / mask[:, :-1].sum()), Text(
                "The last position of each text is left out.", "漏掉了每个文本的最后一个位置。")),
        ],
    )  # fmt: skip
    yield Text(
        f"The loss is the mean over the {tokens} tokens, not over the {positions} positions: {right:.4f}.",
        f"损失是 {tokens} 个词元的平均，不是 {positions} 个位置的平均：{right:.4f}。",
    )
    require(
        bool((given == labels).all()),
        "Your function changes `labels` in place; the caller still needs them. Work on a copy.",
        "你的函数就地修改了 `labels`，而调用者还要用它。请在副本上修改。",
    )
    equal("lm_loss(logits, labels), S = 22", _number(padded), right)
    full = [part[:1].clone() for part in (logits, labels)]  # a batch without padding
    equal("lm_loss(logits[:1], labels[:1])", _number(student.lm_loss(*full)), float(each[0].mean()))
    changed = paddle.to_tensor((logits + 5 * paddle.randn(logits.shape) * (1 - mask).unsqueeze(-1)).numpy(), stop_gradient=False)
    loss = student.lm_loss(changed, labels)
    equal("lm_loss(other_logits, labels)", _number(loss), right)
    require(
        isinstance(loss, paddle.Tensor) and not loss.stop_gradient,
        "The loss has no gradient, so nothing can be learned from it. Return the tensor, not a number.",
        "损失没有梯度，无法用来训练。请返回张量，不要返回数字。",
    )
    loss.sum().backward()
    equal(
        "logits.grad", changed.grad,
        (F.softmax(changed) - F.one_hot(labels, logits.shape[-1])) * (mask / mask.sum()).unsqueeze(-1),
    )  # fmt: skip
    yield Text(
        "More padding, or other logits at the padding, change neither the loss nor the gradient.",
        "增加填充，或者改变填充位置的 logits，都不会改变损失和梯度。",
    )
    short, long = (float(student.final[padded_to]) for padded_to in (16, 64))
    require(
        abs(short - long) < 0.05 and short > np.log(2) - 0.03,
        f"The function is right, but your run has the loss {short:.3f} padded to 16 and {long:.3f} padded to 64. Is the rest "
        "of the file changed?",
        f"函数是对的，但你的运行里，填充到 16 时损失是 {short:.3f}，填充到 64 时是 {long:.3f}。文件的其他部分是不是改过？",
    )
    yield Text(
        f"In your run the loss is {short:.3f} padded to 16 and {long:.3f} padded to 64; no model can go below ln 2 = 0.693.",
        f"在你的运行里，填充到 16 时损失是 {short:.3f}，填充到 64 时是 {long:.3f}；任何模型都不可能低于 ln 2 = 0.693。",
    )


def _batch(student: Student) -> Tuple[paddle.Tensor, paddle.Tensor]:
    """Logits float32 [3, 11, V] and labels int64 [3, 11] of texts of three lengths."""
    paddle.seed(94)
    rng = np.random.default_rng(94)
    labels = rng.integers(1, student.VOCAB, [len(LENGTHS), WIDTH])
    labels[np.arange(WIDTH) >= np.array(LENGTHS)[:, None]] = 0
    return 1.5 * paddle.randn([len(LENGTHS), WIDTH, student.VOCAB]), paddle.to_tensor(labels)


def _pad(logits: paddle.Tensor, labels: paddle.Tensor) -> Tuple[paddle.Tensor, paddle.Tensor]:
    """The same texts with twice the length."""
    return paddle.concat([logits, paddle.randn(logits.shape)], axis=1), paddle.concat([labels, paddle.zeros_like(labels)], axis=1)


def _number(loss) -> float:
    """A loss as a number."""
    require(loss is not None, "`lm_loss` returns None. Is the `return` missing?", "`lm_loss` 返回 None。是不是忘了写 return？")
    size = int(np.asarray(loss).size)
    require(
        size == 1,
        f"`lm_loss` has to return one number; it returns {size}. Take the mean over all tokens of the batch.",
        f"`lm_loss` 应返回一个数，现在返回 {size} 个。请对这一批的所有词元求平均。",
    )
    return float(loss)
