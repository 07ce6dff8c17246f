"""The check of BERT's input embeddings."""

from __future__ import annotations

from typing import Iterator

import paddle
import paddle.nn as nn
import paddle.nn.functional as F

from app.course import ROOT
from app.course.answers import Student, equal, require
from app.course.calls import call, tensor
from app.course.texts import Text


def check(student: Student) -> Iterator[Text]:
    """Compares the sum on random tables of different sizes, then on the shipped model."""
    paddle.seed(41)
    words, positions, segments = paddle.randn([11, 6]), paddle.randn([9, 6]), paddle.randn([2, 6])
    norm = nn.LayerNorm(6)
    norm.weight.set_value(paddle.randn([6]))
    norm.bias.set_value(paddle.randn([6]))
    ids = paddle.to_tensor([[2, 7, 8, 3, 5], [2, 4, 3, 6, 3], [2, 1, 0, 5, 3]])
    types = paddle.to_tensor([[0, 0, 0, 0, 1], [0, 0, 0, 1, 1], [0, 0, 1, 1, 1]])
    token, segment = F.embedding(ids, words), F.embedding(types, segments)
    position = positions[:5].unsqueeze(0).expand([3, 5, 6])
    restarted = paddle.to_tensor([[0, 1, 2, 3, 0], [0, 1, 2, 0, 1], [0, 1, 0, 1, 2]])
    total = token + position + segment
    with paddle.no_grad():
        got = tensor("input_embeddings(...)", call(student.input_embeddings, ids, types, words, positions, segments, norm))
        equal(
            "input_embeddings(...)", got, norm(total),
            [
                (total, Text("The layer normalization is missing.", "缺少层归一化。")),
                (norm(token + segment), Text("The position embeddings are missing.", "缺少位置嵌入。")),
                (norm(token + position), Text("The segment embeddings are missing.", "缺少片段嵌入。")),
                (norm(position + segment), Text("The token embeddings are missing.", "缺少词元嵌入。")),
                (norm(token), Text("Only the token embeddings are there.", "只有词元嵌入。")),
                (norm(token + positions[1:6] + segment), Text(
                    "Positions start at 1; the first token has position 0.", "位置从 1 开始了；第一个词元的位置是 0。")),
                (norm(token + positions[0] + segment), Text(
                    "All tokens have position 0. Token i has position i.", "所有词元的位置都是 0。第 i 个词元的位置是 i。")),
                (norm(token + F.embedding(restarted, positions) + segment), Text(
                    "The positions start again at text B. They go on through the whole input.",
                    "位置在文本 B 处重新开始了。位置应一直往下数。")),
                (norm(token + F.embedding(ids, positions) + segment), Text(
                    "The position table is looked up with `input_ids`. It needs the positions 0, 1, 2, ...",
                    "用 `input_ids` 查了位置表。应该用位置 0、1、2……")),
                (norm(token + F.embedding(types, positions) + segment), Text(
                    "The position table is looked up with `token_type_ids`. It needs the positions 0, 1, 2, ...",
                    "用 `token_type_ids` 查了位置表。应该用位置 0、1、2……")),
                (lambda: norm(token + positions[:3].unsqueeze(1) + segment), Text(
                    "The positions run over the texts of the batch (axis 0). They have to run over the tokens (axis 1).",
                    "位置是沿着批里的文本数的（axis 0）。应该沿着词元数（axis 1）。")),
                (norm(token + position + F.embedding(1 - types, segments)), Text(
                    "The segments are swapped: text A is 0, text B is 1.", "片段反了：文本 A 是 0，文本 B 是 1。")),
                (norm(token + position + segments[0]), Text(
                    "All tokens are in segment 0. Use `token_type_ids`.", "所有词元都在片段 0。请使用 `token_type_ids`。")),
                (norm(token) + position + segment, Text(
                    "Only the token embeddings are normalized. Normalize the sum.", "只归一化了词元嵌入。应该对和做归一化。")),
                (norm(token) + norm(position) + norm(segment), Text(
                    "Each embedding is normalized by itself. Normalize the sum.", "每种嵌入分别做了归一化。应该对和做归一化。")),
                (norm(token + position) + segment, Text(
                    "The segment embeddings are added after the normalization.", "片段嵌入是在归一化之后加上的。")),
                (norm(token + segment) + position, Text(
                    "The position embeddings are added after the normalization.", "位置嵌入是在归一化之后加上的。")),
                (norm(norm(total)), Text(
                    "The sum is normalized twice. Call `layer_norm` once.", "对和做了两次归一化。只调用一次 `layer_norm`。")),
                (norm(total / 3), Text(
                    "The embeddings are averaged. BERT adds them (the normalization hides nearly all of the difference).",
                    "嵌入取了平均。BERT 是相加（层归一化几乎掩盖了这个差别）。")),
                (norm(token * position * segment), Text("The embeddings are multiplied; add them.", "嵌入是相乘的；应该相加。")),
                (F.layer_norm(total, 6), Text(
                    "The normalization has no weight and bias. Call `layer_norm`, which has them.",
                    "归一化没有权重和偏置。请调用 `layer_norm`，它有这些参数。")),
                (paddle.concat([token, position, segment], -1), Text(
                    "The embeddings are concatenated; add them.", "嵌入被拼接了；应该相加。")),
            ],
        )  # fmt: skip
        got = call(student.input_embeddings, ids[:2, :3], types[:2, :3], words, positions, segments, norm)
        equal("input_embeddings(...)", got, norm(total[:2, :3]))
        yield Text(
            "The sum is right on random tables, for 5 and for 3 tokens.", "在随机的表上结果正确，5 个词元和 3 个词元都对。"
        )
        yield _on_the_shipped_model(student)


def _on_the_shipped_model(student: Student) -> Text:
    """Compares with the model's own embeddings."""
    from paddlenlp.transformers import AutoModel

    model = AutoModel.from_pretrained(f"{ROOT}/data/models/bert-mini-zh")
    model.eval()
    own = model.embeddings
    ids = paddle.to_tensor([[2, 488, 65, 65, 363, 3, 192, 30, 3], [2, 30, 995, 3, 7, 8, 9, 3, 0]])
    types = paddle.to_tensor([[0, 0, 0, 0, 0, 0, 1, 1, 1], [0, 0, 0, 0, 1, 1, 1, 1, 0]])
    tables = own.word_embeddings.weight, own.position_embeddings.weight, own.token_type_embeddings.weight
    expected = own(ids, types)
    got = call(student.input_embeddings, ids, types, *tables, own.layer_norm)
    rows = [F.embedding(one, table) for one, table in zip((ids, paddle.arange(9), types), tables)]
    equal(
        "input_embeddings(...)", got, expected,
        [(lambda: F.layer_norm(sum(rows), rows[0].shape[-1], own.layer_norm.weight, own.layer_norm.bias, 1e-5), Text(
            "The normalization has an epsilon of its own. Call `layer_norm`, which has the model's.",
            "归一化用了自己的 epsilon。请调用 `layer_norm`，它用的是模型的 epsilon。"))],
    )  # fmt: skip
    difference = float((got - expected).abs().max())
    require(difference < 1e-3, f"The difference from the model is {difference}.", f"与模型的差别是 {difference}。")
    return Text(
        f"On the shipped model they equal `model.embeddings`; the largest difference is {difference:.1e}.",
        f"在项目自带的模型上与 `model.embeddings` 相同，最大差别是 {difference:.1e}。",
    )
