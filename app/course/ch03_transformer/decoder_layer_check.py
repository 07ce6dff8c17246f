"""The check of a decoder layer."""

from __future__ import annotations

from typing import Iterator

import numpy as np
import paddle
import paddle.nn as nn
import paddle.nn.functional as F

from app.course.answers import Student, equal, require
from app.course.calls import call, tensor
from app.course.texts import Text

HIDDEN, HEADS, INNER = 12, 3, 20


def check(student: Student) -> Iterator[Text]:
    """Compares the mask, then the layer with Paddle's: with equal lengths, where most mistakes have a value, and with others."""
    for length in (4, 1, 7):
        _check_mask(student, length)
    yield Text(
        "causal_mask is right: of 4 positions, the first sees 1 and the last sees 4.",
        "causal_mask 正确：4 个位置中，第一个能看到 1 个，最后一个能看到 4 个。",
    )
    paddle.seed(32)
    reference = nn.TransformerDecoderLayer(HIDDEN, HEADS, INNER, activation="relu")
    for parameter in reference.parameters():
        parameter.set_value(0.6 * paddle.randn(parameter.shape))
    reference.eval()
    layer = student.DecoderLayer(HIDDEN, HEADS, INNER)
    shapes = {name: list(value.shape) for name, value in reference.state_dict().items()}
    require(
        {name: list(value.shape) for name, value in layer.state_dict().items()} == shapes,
        "The parameters of DecoderLayer differ from those of paddle.nn.TransformerDecoderLayer. Leave `__init__` as it was.",
        "DecoderLayer 的参数与 paddle.nn.TransformerDecoderLayer 的不同。请不要改 `__init__`。",
    )
    layer.set_state_dict(reference.state_dict())
    layer.eval()
    x, memory = paddle.randn([2, 4, HIDDEN]), paddle.randn([2, 4, HIDDEN])
    equal(
        "DecoderLayer(x, memory)", tensor("DecoderLayer(x, memory)", call(layer, x, memory)), decode(reference, x, memory),
        [(decode(reference, x, memory, wrong=wrong), text) for wrong, text in MISTAKES],
    )  # fmt: skip
    x, memory = paddle.randn([3, 5, HIDDEN]), paddle.randn([3, 7, HIDDEN])
    got = call(layer, x, memory)
    equal("DecoderLayer(x, memory)", got, decode(reference, x, memory))
    yield Text(
        "The layer gives the vectors of paddle.nn.TransformerDecoderLayer, also with 5 decoder tokens and 7 encoder tokens.",
        "结果与 paddle.nn.TransformerDecoderLayer 相同，解码器 5 个词元、编码器 7 个词元时也相同。",
    )
    mask = paddle.arange(7).unsqueeze(0) < paddle.to_tensor([[7], [4], [2]])  # [3, 7]
    mask = mask.reshape([3, 1, 1, 7])
    equal(
        "DecoderLayer(x, memory, memory_mask)", call(layer, x, memory, mask), decode(reference, x, memory, mask),
        [
            (got, Text("`memory_mask` changes nothing. Give it to the cross attention.",
            "`memory_mask` 没有起作用。请把它传给交叉注意力。")),
            (decode(reference, x, memory, ~mask), Text("`memory_mask` is inverted.", "`memory_mask` 用反了。")),
        ],
    )  # fmt: skip
    yield Text("The padding of the encoder's text is not looked at.", "编码器文本的填充没有被看到。")


def _check_mask(student: Student, length: int) -> None:
    """Compares causal_mask(length)."""
    got = tensor(f"causal_mask({length})", student.causal_mask(length))
    ones = np.ones([length, length], bool)
    equal(
        f"causal_mask({length})", got, np.tril(ones),
        [
            (np.tril(ones, -1), Text(
                "The mask is shifted by one: a position does not see itself.", "掩码错了一位：位置看不到自己。")),
            (np.tril(ones, 1), Text(
                "The mask is shifted by one: each position sees the next one, the token that it has to predict.",
                "掩码错了一位：每个位置能看到下一个位置，也就是它要预测的词元。")),
            (np.triu(ones), Text(
                "The mask is transposed: rows are the positions that look, columns are the positions that are looked at.",
                "掩码被转置了：行是看的位置，列是被看的位置。")),
            (np.triu(ones, 1), Text(
                "The mask is inverted: True has to mean that a position may be looked at.", "掩码反了：True 应表示可以看。")),
            (np.where(np.tril(ones), 0.0, -np.inf), Text(
                "This is a mask to be added to the scores; return a Boolean one.", "这是加到分数上的掩码；请返回布尔掩码。")),
            (ones, Text("Nothing is masked.", "什么都没有掩盖。")),
            (np.eye(length), Text("Each position sees only itself.", "每个位置只能看到自己。")),
        ] if length > 1 else [],
    )  # fmt: skip
    kind = str(got.dtype).split(".")[-1]
    require(
        kind == "bool",
        f"causal_mask({length}) has the type {kind}. It has to be bool: the attention adds a float mask to the scores. "
        'Use a comparison, or `.astype("bool")`.',
        f'causal_mask({length}) 的类型是 {kind}，应为 bool：注意力会把浮点掩码加到分数上。请用比较运算，或者 `.astype("bool")`。',
    )


def decode(
    layer: nn.TransformerDecoderLayer, x: paddle.Tensor, memory: paddle.Tensor, memory_mask=None, wrong: str = ""
) -> paddle.Tensor:
    """The layer's output, or what it would be with one of MISTAKES. Some mistakes need x and memory of the same length."""
    norms = [layer.norm1, layer.norm2, layer.norm3]
    if wrong.startswith("norms"):
        norms = [norms[int(digit) - 1] for digit in wrong.split()[1]]
    causal = paddle.tril(paddle.ones([x.shape[1]] * 2)).astype("bool")
    whole = paddle.ones_like(causal)
    first = x

    def attend(x):
        return layer.self_attn(x, x, x, {"not causal": whole, "masks swapped": None}.get(wrong, causal))

    def look_up(x):
        query, key, value = {
            "keys from the decoder": (x, x, x), "only keys from the decoder": (x, x, memory),
            "only values from the decoder": (x, memory, x), "queries from the encoder": (memory, x, x),
            "queries from the memory": (memory, memory, memory), "queries of the first x": (first, memory, memory),
        }.get(wrong, (x, memory, memory))  # fmt: skip
        mask = causal if wrong in ("causal cross attention", "masks swapped", "causal keys from the decoder") else memory_mask
        if wrong == "causal keys from the decoder":
            query, key, value = x, x, x
        attention = layer.self_attn if wrong == "self_attn twice" else layer.cross_attn
        return attention(query, key, value, mask)

    def feed_forward(x):
        return layer.linear2({"no relu": lambda x: x, "gelu": F.gelu}.get(wrong, F.relu)(layer.linear1(x)))

    parts = [attend, look_up, feed_forward]
    if wrong.startswith("order"):  # "order 132 norms 132": the parts, and the norm of each
        order, of_norms = ([int(digit) - 1 for digit in digits] for digits in wrong.split()[1::2])
        parts, norms = [parts[index] for index in order], [norms[index] for index in of_norms]
    for number, (part, norm) in enumerate(zip(parts, norms), 1):
        if wrong == f"no part {number}":
            continue
        if wrong == "pre-norm":
            x = x + part(norm(x))
            continue
        if wrong in (f"norm first {number}", "norm first"):
            x = x + norm(part(x))
            continue
        residual = first if wrong == f"first residual {number}" else x
        x = part(x) if wrong in (f"no residual {number}", "no residual") else residual + part(x)
        x = x if wrong in (f"no norm {number}", "no norm") else norm(x)
    return x


ORDER = Text(
    "The order of the parts is wrong: self-attention, then cross attention, then the feed-forward network.",
    "各部分的顺序不对：先自注意力，再交叉注意力，最后前馈网络。",
)
MISTAKES = (
    ("not causal", Text("The self-attention has no causal mask.", "自注意力没有用因果掩码。")),
    ("causal cross attention", Text(
        "The cross attention has a causal mask. It has none: the encoder's text is complete, every position may see all of it.",
        "交叉注意力用了因果掩码。这里不需要：编码器的文本是完整的，每个位置都可以看到全部。")),
    ("masks swapped", Text(
        "The causal mask is in the cross attention instead of the self-attention.",
        "因果掩码用在了交叉注意力里，而不是自注意力里。")),
    ("keys from the decoder", Text(
        "Keys and values of the cross attention come from the decoder. They have to come from `memory`.",
        "交叉注意力的 key 和 value 来自解码器。它们应该来自 `memory`。")),
    ("causal keys from the decoder", Text(
        "Keys and values of the cross attention come from the decoder, with a causal mask. They have to come from `memory`, "
        "without it.",
        "交叉注意力的 key 和 value 来自解码器，还用了因果掩码。它们应该来自 `memory`，并且没有因果掩码。")),
    ("only keys from the decoder", Text(
        "The keys of the cross attention come from the decoder, the values from `memory`. Both have to come from `memory`.",
        "交叉注意力的 key 来自解码器，value 来自 `memory`。两者都应该来自 `memory`。")),
    ("only values from the decoder", Text(
        "The values of the cross attention come from the decoder. Keys and values have to come from `memory`.",
        "交叉注意力的 value 来自解码器。key 和 value 都应该来自 `memory`。")),
    ("queries from the encoder", Text(
        "The cross attention is turned round: the queries have to come from the decoder, keys and values from `memory`.",
        "交叉注意力反了：query 应该来自解码器，key 和 value 来自 `memory`。")),
    ("queries from the memory", Text(
        "The queries of the cross attention come from `memory`. They have to come from the decoder.",
        "交叉注意力的 query 来自 `memory`。它应该来自解码器。")),
    ("queries of the first x", Text(
        "The queries of the cross attention are the layer's input. They have to be the output of norm1.",
        "交叉注意力的 query 是层的输入。它应该是 norm1 的输出。")),
    ("self_attn twice", Text(
        "`self_attn` is used for the cross attention too. It has its own weights: `cross_attn`.",
        "交叉注意力也用了 `self_attn`。它有自己的权重：`cross_attn`。")),
    *((f"order {order} norms {norms}", ORDER) for order in ("132", "213", "231", "312", "321") for norms in ("123", order)),
    ("no part 1", Text("The self-attention is missing.", "缺少自注意力。")),
    ("no part 2", Text("The cross attention is missing: this is an encoder layer.", "缺少交叉注意力：这是编码器层。")),
    ("no part 3", Text("The feed-forward network is missing.", "缺少前馈网络。")),
    ("no residual", Text("The residual connections are missing.", "残差连接都没有。")),
    ("no residual 1", Text("The residual connection of the self-attention is missing.", "自注意力的残差连接没有。")),
    ("no residual 2", Text("The residual connection of the cross attention is missing.", "交叉注意力的残差连接没有。")),
    ("no residual 3", Text("The residual connection of the feed-forward network is missing.", "前馈网络的残差连接没有。")),
    *((f"first residual {number}", Text(
        "A residual connection adds the layer's input. It has to add the input of its own part.",
        "有一个残差连接加的是层的输入。它应该加自己那个部分的输入。")) for number in (2, 3)),
    ("no norm", Text("The normalizations are missing.", "归一化都没有。")),
    *((f"no norm {number}", Text(f"norm{number} is missing.", f"缺少 norm{number}。")) for number in (1, 2, 3)),
    *((f"norms {norms}", Text(
        "The norms are not norm1, norm2, norm3 in this order.", "三次归一化应依次是 norm1、norm2、norm3。"))
      for norms in ("111", "112", "113", "121", "122", "132", "133", "213", "321")),
    ("pre-norm", Text(
        "This is pre-norm: a normalization comes before each part. Add first, then normalize the sum.",
        "这是 pre-norm：归一化放在了每个部分之前。应该先相加，再对和做归一化。")),
    *((wrong, Text(
        "A normalization comes before the addition. Add the residual first, then normalize the sum.",
        "有一次归一化放在了相加之前。应该先加残差，再对和做归一化。"))
      for wrong in ("norm first", "norm first 1", "norm first 2", "norm first 3")),
    ("no relu", Text("ReLU is missing between the two linear layers.", "两个线性层之间缺少 ReLU。")),
    ("gelu", Text("This is GELU; the decoder of this exercise uses ReLU (`F.relu`).",
    "这里用的是 GELU；本练习的解码器用 ReLU（`F.relu`）。")),
)  # fmt: skip
