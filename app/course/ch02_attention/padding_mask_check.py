"""The check of the padding mask and of attention with it."""

from __future__ import annotations

import math
from typing import Iterator, List

import numpy as np
import paddle
import paddle.nn.functional as F

from app.course.answers import Student, WrongAnswer, equal, require, unpack
from app.course.calls import call, tensor
from app.course.texts import Text


def check(student: Student) -> Iterator[Text]:
    """Checks the mask, then attention with our mask, then that a sentence's output does not depend on its padding."""
    pad = 6  # not 0: an answer that compares with 0 fails
    rows = [[4, 9, 0, 2, pad], [8, 3, pad, pad, pad], [1, 5, 7, pad, pad]]
    input_ids = paddle.to_tensor(rows)
    is_padding = np.array(rows) == pad
    what = f"padding_mask(input_ids, {pad})"
    mask = tensor(what, call(student.padding_mask, input_ids, pad)).numpy()
    equal(f"shape of {what}", list(mask.shape), [3, 1, 1, 5], [
        ([3, 5], Text("Two axes of length 1 are missing, for the heads and the queries: `unsqueeze([1, 2])`.",
                      "缺少两个长度为 1 的维，对应头和 query：`unsqueeze([1, 2])`。")),
        ([3, 1, 5], Text("One axis of length 1 is missing: one is for the heads, one for the queries.",
                         "缺少一个长度为 1 的维：头一维，query 一维。")),
        ([3, 1, 5, 1], Text("The tokens are on the axis of the queries; the mask is for the keys, the last axis.",
                            "词元在 query 那一维；掩码是给 key 的，应在最后一维。")),
        ([3, 5, 1, 1], Text("The tokens are on axis 1; the mask is for the keys, the last axis.",
                            "词元在第 1 维；掩码是给 key 的，应在最后一维。")),
        ([1, 1, 3, 5], Text("The batch has to be axis 0.", "第 0 维应是批。")),
        ([3, 1, 5, 5], Text("One row per sentence is enough: all queries have the same mask.",
                            "每个句子一行就够了：所有 query 的掩码相同。")),
    ])  # fmt: skip
    mask = mask[:, 0, 0]
    require(
        mask.dtype.kind != "b",
        f"{what} is Boolean. It is added to scores: use 0 at tokens and -1e4 at padding.",
        f"{what} 是布尔型。它要加到分数上：词元处用 0，填充处用 -1e4。",
    )
    require(
        mask.dtype.kind == "f",
        f"{what} has whole numbers ({mask.dtype}), which cannot be added to float32 scores. Use `.astype(\"float32\")`.",
        f"{what} 是整数型（{mask.dtype}），不能与 float32 的分数相加。请用 `.astype(\"float32\")`。",
    )
    require(
        not np.isnan(mask).any(),
        f"{what} contains nan: 0 times infinity is nan. Use -1e4, or `paddle.where`.",
        f"{what} 里有 nan：0 乘以无穷大是 nan。请用 -1e4，或用 `paddle.where`。",
    )
    require(
        not np.array_equal(mask < 0, np.array(rows) == 0),
        f"{what} marks the id 0. The id of padding is {pad} here: compare with `pad_id`.",
        f"{what} 标出的是 id 0。这里填充的 id 是 {pad}：请与 `pad_id` 比较。",
    )
    require(
        not ((mask[is_padding] == 0).all() and (mask[~is_padding] != 0).all()),
        f"{what} is inverted: it has 0 at padding and {mask[0, 0]:g} at tokens. 0 belongs to the tokens.",
        f"{what} 写反了：填充处是 0，词元处是 {mask[0, 0]:g}。0 应在词元处。",
    )
    require(
        not (mask[is_padding] > 0).any(),
        f"{what} is positive at padding, which would get more weight. It has to be very negative there.",
        f"{what} 在填充处是正数，权重反而会变大。那里应是绝对值很大的负数。",
    )
    wrong = np.argwhere(np.where(is_padding, mask > -1e3, mask != 0))
    if len(wrong):
        row, place = wrong[0]
        value = mask[row, place]
        require(
            not is_padding[row, place] or value == 0,
            f"{what} is {value:g} at padding. That is too close to 0: padding would keep a weight of e to the power "
            f"{value:g}. Use -1e4.",
            f"{what} 在填充处是 {value:g}，太接近 0：填充仍有 e 的 {value:g} 次方的权重。请用 -1e4。",
        )
        right = "-1e4" if is_padding[row, place] else "0"
        raise WrongAnswer(
            f"{what} is {value:g} at token {place} of sentence {row}, whose id is {rows[row][place]}; expected {right}.",
            f"{what} 在句子 {row} 的词元 {place}（id 为 {rows[row][place]}）处是 {value:g}，应为 {right}。",
        )
    yield Text(f"The mask is right: 0 at tokens, {mask[0, -1]:g} at padding.",
               f"掩码正确：词元处为 0，填充处为 {mask[0, -1]:g}。")

    paddle.seed(24)
    query, key, value = (paddle.randn([3, 2, 5, 4]) for _ in range(3))
    ours = paddle.to_tensor(np.where(is_padding, -1e4, 0).astype("float32")[:, None, None])
    products = paddle.matmul(query, key, transpose_y=True)
    scores = products / math.sqrt(4)
    expected = F.softmax(scores + ours, axis=-1)
    output, weights = _attention(student, query, key, value, ours)
    if list(weights.shape) == [3, 2, 5, 4] and list(output.shape) == [3, 2, 5, 5]:
        raise WrongAnswer("Output and weights are swapped: return the output first.", "输出和权重写反了：先返回输出。")
    equal(
        "weights", _tokens(weights, is_padding), _tokens(expected, is_padding),
        [(lambda value=value: _tokens(value, is_padding), text) for value, text in (
            (F.softmax(scores, axis=-1), Text(
                "The mask is not used: padding gets weight.", "没有用到掩码：填充得到了权重。")),
            (F.softmax(scores, axis=-1) * (ours == 0).astype("float32"), Text(
                "The weights of padding are set to 0 after the softmax, so the others do not sum to 1. Add the mask to the "
                "scores before the softmax.",
                "在 softmax 之后才把填充的权重置零，其余权重之和不是 1。请在 softmax 之前把掩码加到分数上。")),
            (F.softmax(scores, axis=-1) + ours, Text(
                "The mask is added after the softmax; add it to the scores before.",
                "掩码加在了 softmax 之后；应在之前加到分数上。")),
            (F.softmax(scores * ours, axis=-1), Text(
                "The scores are multiplied by the mask; it has to be added.", "分数乘以了掩码；应该相加。")),
            (F.softmax(scores - ours, axis=-1), Text(
                "The mask is subtracted, so padding gets all the weight; add it.", "减去了掩码，权重全给了填充；应该相加。")),
            (F.softmax(scores + ours.transpose([0, 1, 3, 2]), axis=-1), Text(
                "The mask is on the axis of the queries; padding has to be masked as a key.",
                "掩码加在了 query 那一维；应该掩盖作为 key 的填充。")),
            (F.softmax(products + ours, axis=-1), Text(
                "The scores are not divided by √D.", "分数没有除以 √D。")),
            (F.softmax(products / 4 + ours, axis=-1), Text(
                "The scores are divided by D; divide by √D.", "分数除以了 D；应该除以 √D。")),
            (F.softmax(scores + ours, axis=2), Text(
                "The softmax goes over the queries (axis 2); use the last axis.",
                "softmax 是在 query 上做的（axis 2）；应在最后一维。")),
            (scores + ours, Text("These are scores: the softmax is missing.", "这是分数：缺少 softmax。")),
        )],
    )  # fmt: skip
    row = ", ".join(f"{weight:.2f}" for weight in weights[1, 0, 0].tolist())
    yield Text(
        f"The weights are right: the first row of the second sentence is {row}.", f"权重正确：第二个句子的第一行是 {row}。"
    )
    equal(
        "output", _tokens(output, is_padding), _tokens(paddle.matmul(expected, value), is_padding),
        [
            (_tokens(paddle.matmul(expected, key), is_padding), Text(
                "The weighted sum is of the keys, not of the values.", "加权求和的是 key，不是 value。")),
            (_tokens(paddle.matmul(F.softmax(scores, axis=-1), value), is_padding), Text(
                "The output uses weights without the mask.", "计算输出时用的是没有掩码的权重。")),
        ],
    )  # fmt: skip
    query, key, value = (paddle.randn([3, 4, 5, 6]) for _ in range(3))
    expected = F.softmax(paddle.matmul(query, key, transpose_y=True) / math.sqrt(6) + ours, axis=-1)
    output, weights = _attention(student, query, key, value, ours)
    equal("weights of [3, 4, 5, 6]", _tokens(weights, is_padding), _tokens(expected, is_padding))
    equal("output of [3, 4, 5, 6]", _tokens(output, is_padding), _tokens(paddle.matmul(expected, value), is_padding))
    outputs = []
    for length in (4, 5):  # the third sentence, with one and with two tokens of padding
        part = [vectors[2:, :, :length] for vectors in (query, key, value)]
        outputs.append(_attention(student, *part, student.padding_mask(input_ids[2:, :length], pad))[0].numpy()[:, :, :3])
    equal("output with one [PAD] - output with two", outputs[0] - outputs[1], np.zeros(outputs[0].shape, "float32"))
    yield Text("The output of a sentence does not depend on its padding.", "句子的输出与填充的多少无关。")


def _attention(student: Student, *inputs: paddle.Tensor) -> List[paddle.Tensor]:
    """The student's output and weights."""
    results = unpack("masked_attention(...)", call(student.masked_attention, *inputs), 2)
    return [tensor(what, result) for what, result in zip(("output", "weights"), results)]


def _tokens(vectors: paddle.Tensor, is_padding: np.ndarray) -> np.ndarray:
    """[B, heads, S, ...] -> the rows of real tokens, [heads, tokens, ...]; nobody uses padding's. Other shapes as they are."""
    array = vectors.numpy()
    if array.ndim != 4 or array.shape[0] != len(is_padding) or array.shape[2] != is_padding.shape[1]:
        return array
    return array.transpose(1, 0, 2, 3)[:, ~is_padding]
