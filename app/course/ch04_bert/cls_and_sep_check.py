"""The check of [CLS] and [SEP]."""

from __future__ import annotations

from typing import Iterator

import paddle

from app.course import ROOT
from app.course.answers import Student, equal, require, same, unpack
from app.course.calls import call, tensor
from app.course.texts import Text


def check(student: Student) -> Iterator[Text]:
    """Compares the lists for a pair and for single texts, then the vector of [CLS] with the shipped model's."""
    _check_pair(student)
    yield Text(
        "`build_inputs` is right for a pair: [CLS] A [SEP] B [SEP], and the segments fit.",
        "`build_inputs` 对句对正确：[CLS] A [SEP] B [SEP]，片段编号也对。",
    )
    tokens, types = unpack("build_inputs(['天'])", call(student.build_inputs, ["天"]), 2)
    equal(
        "build_inputs(['天'])[0]", _list(tokens), ["[CLS]", "天", "[SEP]"],
        [(["[CLS]", "天", "[SEP]", "[SEP]"], Text(
            "There is a second [SEP], although there is no second text.", "没有第二个文本，却有第二个 [SEP]。"))],
    )  # fmt: skip
    equal(
        "build_inputs(['天'])[1]", _list(types), [0, 0, 0],
        [([0, 0, 0, 1], Text("There is a segment id for a second text, but there is none.",
        "没有第二个文本，却有它的片段编号。"))],
    )  # fmt: skip
    yield Text("And for one text: [CLS] A [SEP].", "对单个文本也正确：[CLS] A [SEP]。")
    yield _check_vector(student)


def _check_pair(student: Student) -> None:
    """Compares build_inputs(a, b) for two texts of different lengths."""
    for a, b in ((["怎", "么", "还", "款"], ["如", "何"]), (["un", "##able"], ["明", "天", "下", "雨", "吗"])):
        what = f"build_inputs({a}, {b})"
        tokens, types = unpack(what, call(student.build_inputs, a, b), 2)
        cls, sep = ["[CLS]"], ["[SEP]"]
        equal(
            f"{what}[0]", _list(tokens), cls + a + sep + b + sep,
            [
                (cls + a + sep + b, Text("The [SEP] at the end is missing: it ends text B.",
                "缺少最后的 [SEP]：它是文本 B 的结尾。")),
                (cls + a + b + sep, Text("The [SEP] between the two texts is missing.", "两个文本之间缺少 [SEP]。")),
                (cls + a + b, Text("Both [SEP] are missing.", "两个 [SEP] 都没有。")),
                (a + sep + b + sep, Text("[CLS] is missing.", "缺少 [CLS]。")),
                (cls + a + sep + cls + b + sep, Text(
                    "There is a second [CLS]; there is one [CLS] for both texts.", "多了一个 [CLS]；两个文本共用一个 [CLS]。")),
                (cls + a + sep + sep + b + sep, Text(
                    "There are two [SEP] between the texts, as in RoBERTa. BERT has one.",
                    "两个文本之间有两个 [SEP]，那是 RoBERTa 的写法。BERT 只有一个。")),
                (cls + b + sep + a + sep, Text("The two texts are swapped.", "两个文本的顺序反了。")),
                (cls + a + sep, Text("Text B is missing.", "缺少文本 B。")),
                (cls + sep + a + sep + b + sep, Text("There is a [SEP] after [CLS].", "[CLS] 后面多了一个 [SEP]。")),
                (a + cls + b + sep, Text("[CLS] is between the texts; it has to be the first token.",
                "[CLS] 在两个文本之间；它应是第一个词元。")),
            ],
        )  # fmt: skip
        zeros, ones = [0] * (len(a) + 2), [1] * (len(b) + 1)
        equal(
            f"{what}[1]", _list(types), zeros + ones,
            [
                (zeros[1:] + [1] + ones, Text(
                    "The first [SEP] has segment 1. It ends text A, so it has segment 0.",
                    "第一个 [SEP] 的片段是 1。它是文本 A 的结尾，片段应为 0。")),
                (zeros + ones[1:] + [0], Text(
                    "The last [SEP] has segment 0. It ends text B, so it has segment 1.",
                    "最后一个 [SEP] 的片段是 0。它是文本 B 的结尾，片段应为 1。")),
                (zeros + ones[1:], Text(
                    "One id is missing: the last [SEP] needs one, too.", "少了一个编号：最后的 [SEP] 也需要编号。")),
                (zeros[1:] + ones, Text("One id is missing: [CLS] and the first [SEP] both need a 0.",
                "少了一个编号：[CLS] 和第一个 [SEP] 都需要 0。")),
                (zeros[2:] + ones[1:], Text(
                    "The special tokens have no ids. There has to be one id per token.",
                    "特殊词元没有编号。每个词元都要有一个编号。")),
                ([0] * len(zeros + ones), Text("All ids are 0. Text B needs 1.", "所有编号都是 0。文本 B 应为 1。")),
                (zeros, Text("The ids of text B are missing.", "缺少文本 B 的编号。")),
                ([1] * len(zeros) + [0] * len(ones), Text("0 and 1 are swapped.", "0 和 1 反了。")),
                ([1] * len(zeros) + [2] * len(ones), Text("The ids start at 1. Text A has 0, text B has 1.",
                "编号从 1 开始了。文本 A 是 0，文本 B 是 1。")),
            ],
        )  # fmt: skip


def _check_vector(student: Student) -> Text:
    """Compares cls_vector with the model."""
    from paddlenlp.transformers import AutoModel, AutoTokenizer

    model = AutoModel.from_pretrained(f"{ROOT}/data/models/bert-mini-zh")
    model.eval()
    ids = AutoTokenizer.from_pretrained(f"{ROOT}/data/models/bert-mini-zh").convert_tokens_to_ids
    tokens = ["[CLS]", "怎", "么", "走", "[SEP]", "怎", "么", "去", "那", "里", "[SEP]"]
    types = [0] * 5 + [1] * 6
    with paddle.no_grad():
        vectors, pooled = model(paddle.to_tensor([ids(tokens)]), paddle.to_tensor([types]))
        no_types = model(paddle.to_tensor([ids(tokens)]))[0]
        no_mark = model(paddle.to_tensor([ids(tokens[1:])]), paddle.to_tensor([types[1:]]))[0]
    what = "cls_vector(tokens, token_type_ids)"
    got, again = (tensor(what, call(student.cls_vector, tokens, types)) for _ in range(2))
    require(
        same(got, again, 1e-4),
        "Two calls with the same input give different vectors: dropout is on. Call `model.eval()`.",
        "同样的输入两次得到不同的向量：dropout 还在起作用。请调用 `model.eval()`。",
    )
    equal(
        what, got, vectors[0, 0],
        [
            (pooled[0], Text(
                "This is the pooled vector: one more layer after [CLS]. Return the vector of [CLS] itself, `vectors[0, 0]`.",
                "这是 pooled 向量：[CLS] 之后又经过一层。请返回 [CLS] 自己的向量 `vectors[0, 0]`。")),
            (pooled, Text(
                "This is the pooled vector, with the batch: one more layer after [CLS]. Return `vectors[0, 0]`.",
                "这是带批维度的 pooled 向量：[CLS] 之后又经过一层。请返回 `vectors[0, 0]`。")),
            (vectors[0], Text("These are the vectors of all tokens. [CLS] is token 0.",
            "这是所有词元的向量。[CLS] 是第 0 个词元。")),
            (vectors[:, 0], Text(
                "This is the vector of [CLS], but with the batch, [1, H]. Return [H].",
                "这是 [CLS] 的向量，但还带着批维度 [1, H]。请返回 [H]。")),
            (vectors[0, -1], Text("This is the vector of the last token, [SEP]. [CLS] is token 0.",
            "这是最后一个词元 [SEP] 的向量。[CLS] 是第 0 个词元。")),
            (vectors[0, 1], Text("This is the vector of token 1. [CLS] is token 0.",
            "这是第 1 个词元的向量。[CLS] 是第 0 个词元。")),
            (vectors[0, 4], Text("This is the vector of the first [SEP]. [CLS] is token 0.",
            "这是第一个 [SEP] 的向量。[CLS] 是第 0 个词元。")),
            (vectors[0].mean(axis=0), Text(
                "This is the mean of all tokens. Return the vector of [CLS] alone.",
                "这是所有词元的平均。请只返回 [CLS] 的向量。")),
            (no_types[0, 0], Text(
                "The model does not get `token_type_ids`, so all tokens are in segment 0.",
                "模型没有得到 `token_type_ids`，所以所有词元都在片段 0。")),
            (no_mark[0, 0], Text("The model does not get [CLS].", "模型没有得到 [CLS]。")),
            (model.embeddings(paddle.to_tensor([ids(tokens)]), paddle.to_tensor([types]))[0, 0], Text(
                "This is the input embedding of [CLS], before the first layer.", "这是 [CLS] 的输入嵌入，还没有经过任何一层。")),
        ],
    )  # fmt: skip
    equal(
        "cls_vector(['[CLS]', '天', '[SEP]'], [0, 0, 0])",
        student.cls_vector(["[CLS]", "天", "[SEP]"], [0, 0, 0]),
        _of(model, ids),
    )
    equal(
        "cls_vector(tokens, 0 for each token)", call(student.cls_vector, tokens, [0] * len(tokens)), no_types[0, 0],
        [(vectors[0, 0], Text(
            "The segments are made from the tokens. Give `token_type_ids` to the model as they are.",
            "片段编号是由词元推出来的。请把 `token_type_ids` 原样传给模型。"))],
    )  # fmt: skip
    return Text(
        f"`cls_vector` gives the model's vector of [CLS], {vectors.shape[-1]} numbers.",
        f"`cls_vector` 给出模型的 [CLS] 向量，共 {vectors.shape[-1]} 个数。",
    )


def _of(model, ids) -> paddle.Tensor:
    """The vector of [CLS] of one short text."""
    with paddle.no_grad():
        return model(paddle.to_tensor([ids(["[CLS]", "天", "[SEP]"])]))[0][0, 0]


def _list(value):
    """A tuple, array or tensor as a list."""
    return value.tolist() if hasattr(value, "tolist") else list(value) if isinstance(value, tuple) else value
