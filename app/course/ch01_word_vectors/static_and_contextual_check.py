"""The check of static and contextual word vectors."""

from __future__ import annotations

from typing import Iterator

import numpy as np
import paddle
from paddlenlp.transformers import AutoModel, AutoTokenizer

from app.course.answers import Student, equal, require, same
from app.course.texts import Text
from app.shell import ROOT


def check(student: Student) -> Iterator[Text]:
    """Compares both vectors with our own, for words of other lengths at other places."""
    tokenizer = AutoTokenizer.from_pretrained(f"{ROOT}/data/models/bert-mini-zh")
    model = AutoModel.from_pretrained(f"{ROOT}/data/models/bert-mini-zh")
    model.eval()
    table = model.get_input_embeddings().weight

    def encode(text):
        return paddle.to_tensor(tokenizer(text)["input_ids"])

    with paddle.no_grad():
        for word in ("浏览器", "东西"):
            ids = encode(word)
            equal(
                f"static_vector({word!r})", student.static_vector(word), table[ids[1:-1]].mean(axis=0),
                [
                    (table[ids].mean(axis=0), Text(
                        "The rows of [CLS] and [SEP] are in the mean. They are the first and the last id; leave them out.",
                        "平均里包含了 [CLS] 和 [SEP] 的行。它们是第一个和最后一个 id，要去掉。")),
                    (table[ids[:-1]].mean(axis=0), Text(
                        "The row of [CLS] is in the mean. It is the first id; leave it out.",
                        "平均里包含了 [CLS] 的行。它是第一个 id，要去掉。")),
                    (table[ids[1:]].mean(axis=0), Text(
                        "The row of [SEP] is in the mean. It is the last id; leave it out.",
                        "平均里包含了 [SEP] 的行。它是最后一个 id，要去掉。")),
                    (table[ids[1:-1]].sum(axis=0), Text(
                        "This is the sum of the rows, not their mean.", "这是各行的和，不是平均。")),
                    (table[tokenizer.unk_token_id], Text(
                        "This is the row of [UNK], an unknown token: the table has characters, not whole words. Use "
                        "`tokenizer(word)`.",
                        "这是未知词元 [UNK] 的行：表里是字，不是整个词。请用 `tokenizer(word)`。")),
                    (table[ids[1]], Text(
                        "This is the row of the first character only; take the mean over all characters of the word.",
                        "这只是第一个字的行；要对词里所有的字求平均。")),
                    (table[ids[1:-1]], Text(
                        "These are the rows; their mean over axis 0 is missing.", "这是各个字的行，还没有在 axis 0 上求平均。")),
                    (table[ids[1:-1]].mean(axis=0, keepdim=True), Text(
                        "The vector has one axis too many. Average over axis 0 without keepdim.",
                        "向量多了一维。在 axis 0 上求平均时不要用 keepdim。")),
                    (table[ids[1:-1]].mean(), Text(
                        "This is the mean of all numbers. Average over axis 0 only: over the characters.",
                        "这是所有数的平均。只在 axis 0 上求平均，也就是在各个字上。")),
                    (lambda ids=ids: model(ids[None])[0][0, 1:-1].mean(axis=0), Text(
                        "This is BERT's output. A static vector comes from the table.", "这是 BERT 的输出。静态词向量取自表。")),
                ],
            )  # fmt: skip
        yield Text("`static_vector` is the mean of the rows of the characters.", "`static_vector` 是词里各个字的行的平均。")

        for sentence, word in (("你可以用浏览器打开网页", "浏览器"), ("这座城东西长十里", "东西"), ("东边的商店卖东西", "东西")):
            vectors = model(encode(sentence)[None])
            places, start, length = vectors[0][0], sentence.index(word), len(word)
            got = student.contextual_vector(sentence, word)
            what = f"contextual_vector({sentence!r}, {word!r})"
            require(
                same(got, student.contextual_vector(sentence, word), 1e-4),
                f"{what} gives another vector each time. Dropout is on; call `model.eval()`.",
                f"{what} 每次的结果都不同。dropout 没有关闭，请调用 `model.eval()`。",
            )
            equal(
                what, got, places[start + 1 : start + 1 + length].mean(axis=0),
                [
                    (places[start : start + length].mean(axis=0), Text(
                        "The places are one too low: [CLS] stands in front of the sentence.",
                        "位置少了一：句子前面还有 [CLS]。")),
                    (places[start + 1 : start + length].mean(axis=0), Text(
                        "The last character of the word is missing: a slice ends before its second number.",
                        "缺少词的最后一个字：切片不包含第二个下标。")),
                    (places[start + 1 : start + 2 + length].mean(axis=0), Text(
                        "The slice takes one token too many, behind the word.", "切片多取了词后面的一个词元。")),
                    (places[start + 2 : start + 2 + length].mean(axis=0), Text(
                        "The places are one too high.", "位置多了一。")),
                    (paddle.full([256], float("nan")), Text(
                        "There is nothing at these places, so the mean is nan. Does the model get the whole sentence?",
                        "这些位置上什么也没有，所以平均是 nan。输入模型的是整个句子吗？")),
                    (places[sentence.index(word[0]) + 1 :][:length].mean(axis=0), Text(
                        f"These are the places of the first {word[0]}. Search for the whole word: `sentence.index(word)`.",
                        f"这是第一个“{word[0]}”开始的位置。要找的是整个词：`sentence.index(word)`。")),
                    (places[start + 1], Text(
                        "This is the vector of the first character only; take the mean over the word.",
                        "这只是第一个字的向量；要对整个词求平均。")),
                    (places[start + 1 : start + 1 + length].sum(axis=0), Text(
                        "This is the sum of the vectors, not their mean.", "这是各个向量的和，不是平均。")),
                    (places[start + 1 : start + 1 + length], Text(
                        "These are the vectors of the characters; their mean over axis 0 is missing.",
                        "这是各个字的向量，还没有在 axis 0 上求平均。")),
                    (places.mean(axis=0), Text(
                        "This is the mean of the whole sentence. Take only the places of the word.",
                        "这是整个句子的平均。只取词所在的位置。")),
                    (places[1:-1].mean(axis=0), Text(
                        "This is the mean of the whole sentence. Take only the places of the word.",
                        "这是整个句子的平均。只取词所在的位置。")),
                    (places[0], Text(
                        "This is the vector of [CLS]. Take the places of the word.", "这是 [CLS] 的向量。要取词所在的位置。")),
                    (vectors[1][0], Text(
                        "This is `output[1]`, one vector for the whole text. Take the places of the word from `output[0]`.",
                        "这是 `output[1]`，代表整个文本的一个向量。要从 `output[0]` 里取词所在的位置。")),
                    (vectors[1], Text(
                        "This is `output[1]`, one vector for the whole text. Take the places of the word from `output[0]`.",
                        "这是 `output[1]`，代表整个文本的一个向量。要从 `output[0]` 里取词所在的位置。")),
                    (lambda word=word: model(encode(word)[None])[0][0, 1:-1].mean(axis=0), Text(
                        "BERT has seen only the word. Give it the whole sentence, or the vector knows no context.",
                        "BERT 只看到了这个词。要输入整个句子，否则向量里没有上下文。")),
                    (lambda word=word: table[encode(word)[1:-1]].mean(axis=0), Text(
                        "This is the static vector: the table's rows did not go through `model`.",
                        "这是静态词向量：表里的行没有经过 `model`。")),
                ],
            )  # fmt: skip
        one, two, other = (
            np.asarray(student.contextual_vector(sentence, "苹果"))
            for sentence in ("我吃苹果和香蕉", "他把苹果洗干净吃了", "他在苹果公司工作")
        )
        fruit, company = (one @ vector / (np.linalg.norm(one) * np.linalg.norm(vector)) for vector in (two, other))
    yield Text(
        f"`contextual_vector` is right. Cosine of 苹果 (fruit) with 苹果 (fruit): {fruit:.2f}; with 苹果 (company): "
        f"{company:.2f}.",
        f"`contextual_vector` 正确。“苹果”（水果）与“苹果”（水果）的余弦：{fruit:.2f}；与“苹果”（公司）的余弦：{company:.2f}。",
    )
