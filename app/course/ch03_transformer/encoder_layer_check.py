"""The check of an encoder layer."""

from __future__ import annotations

from typing import Iterator

import paddle
import paddle.nn as nn
import paddle.nn.functional as F

from app.course.answers import Student, equal, require, same
from app.course.calls import call, tensor
from app.course.texts import Text

HIDDEN, HEADS, INNER = 12, 3, 20


def check(student: Student) -> Iterator[Text]:
    """Compares the layer with Paddle's, in evaluation mode with and without a mask, and in training mode."""
    paddle.seed(31)
    reference = nn.TransformerEncoderLayer(HIDDEN, HEADS, INNER, activation="gelu")
    for parameter in reference.parameters():  # biases and norms too, so that a forgotten or shared one is seen
        parameter.set_value(0.6 * paddle.randn(parameter.shape))
    reference.eval()
    layer = student.EncoderLayer(HIDDEN, HEADS, INNER, dropout=0.5)
    shapes = {name: list(value.shape) for name, value in reference.state_dict().items()}
    require(
        {name: list(value.shape) for name, value in layer.state_dict().items()} == shapes,
        "The parameters of EncoderLayer differ from those of paddle.nn.TransformerEncoderLayer. Leave `__init__` as it was.",
        "EncoderLayer 的参数与 paddle.nn.TransformerEncoderLayer 的不同。请不要改 `__init__`。",
    )
    layer.set_state_dict(reference.state_dict())
    layer.eval()
    x = 2 * paddle.randn([2, 5, HIDDEN])
    first, second = (tensor("EncoderLayer(x)", call(layer, x)) for _ in range(2))
    require(
        same(first, second, 1e-4),
        "After `layer.eval()`, two calls with the same input give different vectors: dropout is still on. "
        "Use `self.dropout`, or `F.dropout(..., training=self.training)`.",
        "调用 `layer.eval()` 之后，同样的输入两次得到不同的向量：dropout 还在起作用。"
        "请用 `self.dropout`，或者 `F.dropout(..., training=self.training)`。",
    )
    equal("EncoderLayer(x)", first, encode(reference, x), [(encode(reference, x, wrong), text) for wrong, text in MISTAKES])
    yield Text(
        f"Without a mask the layer gives the vectors of paddle.nn.TransformerEncoderLayer; the first value is "
        f"{float(first[0, 0, 0]):.4f}.",
        f"没有掩码时，结果与 paddle.nn.TransformerEncoderLayer 相同；第一个值是 {float(first[0, 0, 0]):.4f}。",
    )
    mask = paddle.to_tensor([[True, True, True, True, False], [True, True, False, False, False]]).reshape([2, 1, 1, 5])
    equal(
        "EncoderLayer(x, mask)", call(layer, x, mask), encode(reference, x, mask=mask),
        [
            (first, Text("The mask changes nothing. Give it to `self.self_attn`.",
            "掩码没有起作用。请把它传给 `self.self_attn`。")),
            (encode(reference, x, mask=~mask), Text("The mask is inverted.", "掩码用反了。")),
            (encode(reference, x, mask=mask.astype("float32")), Text(
                "The mask is added to the scores as 1 and 0. Leave it Boolean.",
                "掩码被当作 1 和 0 加到了分数上。请保持布尔型。")),
        ],
    )  # fmt: skip
    yield Text("With a mask too.", "有掩码时也相同。")
    dropped = student.EncoderLayer(HIDDEN, HEADS, INNER, dropout=1.0)
    dropped.set_state_dict(reference.state_dict())
    dropped.train()
    dropped.self_attn.dropout = 0.0  # the dropout inside the attention is not the student's
    normed = reference.norm1(x)
    one_missing = Text("The dropout is missing after one of the two parts.", "两个部分中有一个缺少 dropout。")
    dropped_sum = Text(
        "Dropout comes before the addition: what it drops must be the part's output, not the residual.",
        "dropout 应在相加之前：丢弃的是该部分的输出，不是残差。",
    )
    equal(
        "EncoderLayer(..., dropout=1.0)(x)", call(dropped, x), reference.norm2(normed),
        [
            (first, Text("The dropout is missing in training mode.", "训练模式下缺少 dropout。")),
            (reference.norm2(normed + reference.linear2(F.gelu(reference.linear1(normed)))), one_missing),
            (encode(reference, x, "no feed-forward"), one_missing),
            (reference.norm2(normed + reference.linear2.bias), Text(
                "Dropout comes before linear2; it has to be applied to the output of the feed-forward network.",
                "dropout 放在了 linear2 之前；它应作用于前馈网络的输出。")),
            (reference.norm2(paddle.zeros_like(x)), dropped_sum),
            (reference.norm2(reference.norm1(paddle.zeros_like(x))), dropped_sum),
            (paddle.zeros_like(x), Text("Dropout comes before the normalization.", "dropout 应在归一化之前。")),
        ],
    )  # fmt: skip
    yield Text(
        "If dropout drops everything, only the residual path is left: the two normalizations of x.",
        "如果 dropout 丢弃一切，就只剩下残差通路：对 x 的两次归一化。",
    )


def encode(layer: nn.TransformerEncoderLayer, x: paddle.Tensor, wrong: str = "", mask=None) -> paddle.Tensor:
    """The layer's output, or what it would be with the mistakes in `wrong` (names of MISTAKES, with commas between)."""
    names = set(filter(None, wrong.split(", ")))
    norm1, norm2 = layer.norm1, layer.norm1 if "shared norm" in names else layer.norm2
    if "swapped norms" in names:
        norm1, norm2 = norm2, norm1
    activation = {"relu": F.relu, "no gelu": _same, "gelu last": _same, "tanh gelu": _tanh_gelu}.get(wrong, F.gelu)
    attended = layer.self_attn(*[norm1(x) if "pre-norm 1" in names else x] * 3, attn_mask=mask)
    h = _add_and_norm(names, "1", x, attended, norm1)
    if "no feed-forward" in names:
        return norm2(h)
    inner = {"feed-forward of attention": attended, "feed-forward of x": x}.get(wrong, norm2(h) if "pre-norm 2" in names else h)
    output = layer.linear2(activation(layer.linear1(inner)))
    residual = {"residual of x": x, "residual of attention": attended}.get(wrong, h)
    return _add_and_norm(names, "2", residual, F.gelu(output) if wrong == "gelu last" else output, norm2)


def _add_and_norm(names, part: str, residual: paddle.Tensor, output: paddle.Tensor, norm) -> paddle.Tensor:
    """The end of the first or second part."""
    if f"norm first {part}" in names:
        return residual + norm(output)
    total = output if f"no residual {part}" in names else residual + output
    return total if f"no norm {part}" in names or f"pre-norm {part}" in names else norm(total)


def _same(x: paddle.Tensor) -> paddle.Tensor:
    return x


def _tanh_gelu(x: paddle.Tensor) -> paddle.Tensor:
    return F.gelu(x, approximate=True)


PRE_NORM = Text(
    "This is pre-norm: a normalization comes before the part instead of after the addition. BERT adds first and then "
    "normalizes the sum.",
    "这是 pre-norm：归一化放在了该部分之前，而不是相加之后。BERT 先相加，再对和做归一化。",
)
NORM_FIRST = Text(
    "A normalization comes before the addition. Add the residual first, then normalize the sum.",
    "有一次归一化放在了相加之前。应该先加残差，再对和做归一化。",
)
MISTAKES = (
    ("pre-norm 1, pre-norm 2", PRE_NORM), ("pre-norm 1", PRE_NORM), ("pre-norm 2", PRE_NORM),
    ("norm first 1, norm first 2", NORM_FIRST), ("norm first 1", NORM_FIRST), ("norm first 2", NORM_FIRST),
    ("no residual 1, no residual 2", Text("Both residual connections are missing.", "两个残差连接都没有。")),
    ("no residual 1", Text(
        "The residual connection of the attention is missing: add x.", "注意力的残差连接没有：要加上 x。")),
    ("no residual 2", Text(
        "The residual connection of the feed-forward network is missing: add its input.",
        "前馈网络的残差连接没有：要加上它的输入。")),
    ("residual of x", Text(
        "The second residual adds x, the layer's input. It has to add the input of the feed-forward network, the output of "
        "norm1.",
        "第二个残差加的是层的输入 x。应该加前馈网络的输入，也就是 norm1 的输出。")),
    ("residual of attention", Text(
        "The second residual adds the attention's output. It has to add the output of norm1.",
        "第二个残差加的是注意力的输出。应该加 norm1 的输出。")),
    ("feed-forward of attention", Text(
        "The feed-forward network works on the attention's output. Its input is the output of norm1.",
        "前馈网络用的是注意力的输出。它的输入应该是 norm1 的输出。")),
    ("feed-forward of x", Text(
        "The feed-forward network works on x. Its input is the output of norm1.",
        "前馈网络用的是 x。它的输入应该是 norm1 的输出。")),
    ("no feed-forward", Text("The feed-forward network is missing.", "缺少前馈网络。")),
    ("no gelu", Text(
        "GELU is missing between the two linear layers; without it they are one linear layer.",
        "两个线性层之间缺少 GELU；没有它，两个线性层就等于一个线性层。")),
    ("gelu last", Text("GELU has to come between linear1 and linear2.", "GELU 应该在 linear1 和 linear2 之间。")),
    ("relu", Text("This is ReLU; BERT uses GELU (`F.gelu`).", "这里用的是 ReLU；BERT 用 GELU（`F.gelu`）。")),
    ("tanh gelu", Text(
        "This is the approximation of GELU with tanh. Call `F.gelu` without `approximate`.",
        "这是用 tanh 近似的 GELU。调用 `F.gelu` 时不要加 `approximate`。")),
    ("shared norm", Text(
        "norm1 is used twice. Each normalization has its own weight and bias: the second one is norm2.",
        "norm1 用了两次。每个归一化有自己的权重和偏置：第二个是 norm2。")),
    ("swapped norms", Text("norm1 and norm2 are swapped.", "norm1 和 norm2 写反了。")),
    ("no norm 1, no norm 2", Text("Both normalizations are missing.", "两次归一化都没有。")),
    ("no norm 1", Text("The normalization after the attention is missing.", "注意力之后的归一化没有。")),
    ("no norm 2", Text(
        "The normalization after the feed-forward network is missing.", "前馈网络之后的归一化没有。")),
)  # fmt: skip
