"""The check of pair inputs: tokens, segment ids, truncation, padding."""

from __future__ import annotations

import copy
import tempfile
from pathlib import Path
from typing import Any, Iterator, List

import numpy as np
from paddlenlp.transformers import BertTokenizer

from app.course.answers import Student, equal, require, unpack
from app.course.texts import Text
from app.text.features import truncate

LETTERS = "abcdefghijklmnopqrstuvwxyz"
PAD_ID = 4


def check(student: Student) -> Iterator[Text]:
    """Compares with our own on a vocabulary of letters, whose special tokens have other ids than those of the demo."""
    with tempfile.TemporaryDirectory() as folder:
        vocabulary = Path(folder, "vocab.txt")
        vocabulary.write_text("\n".join(["[SEP]", "[CLS]", "[UNK]", "[MASK]", "[PAD]", *LETTERS]) + "\n", encoding="utf-8")
        tokenizer = BertTokenizer(str(vocabulary))
    yield from _without_truncation(student, tokenizer)
    for length_a, length_b, max_seq_length in ((2, 9, 10), (7, 5, 10), (9, 3, 8), (5, 5, 9), (6, 1, 7)):
        _truncated(student, tokenizer, length_a, length_b, max_seq_length)
    yield Text(
        "Texts that are too long are truncated longest-first, and both [SEP] stay.", "过长的文本按最长优先截断，两个 [SEP] 都在。"
    )
    yield from _padding(student)


def _without_truncation(student: Student, tokenizer: Any) -> Iterator[Text]:
    """Rows that are shorter than max_seq_length, and one that just fits."""
    for a, b, max_seq_length in ("abc", "xy", 20), ("abc", "wxyz", 10):
        what, tokens, segments = _convert(student, tokenizer, a, b, max_seq_length)
        equal(f"{what}: the tokens", tokens, _row(a, b), [
            (f"[CLS] {' '.join(a + b)} [SEP]", Text("The [SEP] between the two texts is missing.", "两段文本之间缺少 [SEP]。")),
            (f"[CLS] {' '.join(a)} [SEP] {' '.join(b)}", Text("The last [SEP] is missing.", "缺少最后的 [SEP]。")),
            (f"{' '.join(a)} [SEP] {' '.join(b)} [SEP]", Text("[CLS] is missing.", "缺少 [CLS]。")),
            (f"[CLS] {' '.join(a)} [SEP] [CLS] {' '.join(b)} [SEP]", Text(
                "The row has only one [CLS], at its beginning.", "一行只有一个 [CLS]，在最前面。")),
            (f"[CLS] {' '.join(a)} [SEP] [SEP] {' '.join(b)} [SEP]", Text(
                "There is one [SEP] between the texts (RoBERTa has two; BERT has one).",
                "两段文本之间只有一个 [SEP]（RoBERTa 是两个，BERT 是一个）。")),
            (f"[UNK] {' '.join(a)} [MASK] {' '.join(b)} [MASK]", Text(
                "The ids of the special tokens are fixed numbers (2 and 3); another vocabulary has others. Ask the tokenizer.",
                "特殊词元的编号写成了固定的数（2 和 3）。每个词表的编号都不同，应该向 tokenizer 查询。")),
            (_row(b, a), Text("The query comes first, then the title.", "先是 query，后是 title。")),
            (_row(a, b[:-1]), Text(
                "This pair fits, but it was truncated: `max_seq_length` tokens are allowed, so only a longer row is truncated.",
                "这一对放得下，却被截断了：允许有 `max_seq_length` 个词元，更长的才截断。")),
            (_row(a, b) + " [PAD]" * (max_seq_length - len(a) - len(b) - 3), Text(
                "The row is padded here. Leave the padding to `pad_batch`, which knows how long the batch is.",
                "这里就做了填充。请把填充留给 `pad_batch`，它才知道一批有多长。")),
        ])  # fmt: skip
        first, second = len(a), len(b)
        equal(f"{what}: token_type_ids", segments, _segments(first, second), [
            ([0] * (first + 1) + [1] * (second + 2), Text(
                "The first [SEP] belongs to the first text: its segment id is 0.", "第一个 [SEP] 属于第一段文本，编号应为 0。")),
            ([0] * (first + second + 3), Text(
                "All are 0: the second text and the last [SEP] have 1.", "全是 0：第二段文本和最后的 [SEP] 应为 1。")),
            ([0] * (first + 2) + [1] * second + [0], Text(
                "The last [SEP] belongs to the second text: its segment id is 1.", "最后的 [SEP] 属于第二段文本，编号应为 1。")),
            ([1] * (first + 2) + [0] * (second + 1), Text("The segment ids are swapped: the first text has 0, the second has 1.",
                                                          "编号写反了：第一段是 0，第二段是 1。")),
            ([1] * (first + 2) + [2] * (second + 1), Text("The segments count from 0, so the two ids are 0 and 1.",
                                                          "编号从 0 开始，所以两个编号是 0 和 1。")),
            ([0] * first + [1] * second, Text(
                "The special tokens need ids, too: [CLS] and the first [SEP] belong to the first text, the last [SEP] to the "
                "second.",
                "特殊词元也要有编号：[CLS] 和第一个 [SEP] 属于第一段，最后的 [SEP] 属于第二段。")),
            ([0] * (first + 1) + [1] * (second + 1), Text(
                "One segment id is missing: [CLS] and the first [SEP] both belong to the first text.",
                "少了一个编号：[CLS] 和第一个 [SEP] 都属于第一段。")),
        ])  # fmt: skip
        if max_seq_length == 20:
            yield Text(f"Tokens and segment ids of a short pair are right: {tokens}", f"短句对的词元和句段编号正确：{tokens}")


def _truncated(student: Student, tokenizer: Any, length_a: int, length_b: int, max_seq_length: int) -> None:
    """One pair that is too long."""
    a, b = LETTERS[:length_a], LETTERS[-length_b:]
    what, tokens, segments = _convert(student, tokenizer, a, b, max_seq_length)
    places = max_seq_length - 3
    keep_a, keep_b = truncate(length_a, length_b, places, "longest_first")
    miscounted = [
        (_row(a[:one], b[:two]), Text(f"{en} The texts have `max_seq_length - 3` places.",
                                      f"{zh}留给文本的位置是 `max_seq_length - 3` 个。"))
        for excess, en, zh in (
            (3, "The three special tokens count, too.", "三个特殊词元也计算在内。"),
            (2, "Only one of the three special tokens was counted.", "三个特殊词元只算了一个。"),
            (1, "Only two of the three special tokens were counted.", "三个特殊词元只算了两个。"),
            (-1, "One token too many was removed.", "多去掉了一个词元。"),
        )
        for one, two in [truncate(length_a, length_b, places + excess, "longest_first")]
    ]  # fmt: skip
    joined = _row(a, b).split()
    only_a, only_b = (truncate(length_a, length_b, places, way) for way in ("only_first", "only_second"))
    from_a, half = max(0, places - length_b), places // 2
    equal(f"{what}: the tokens", tokens, _row(a[:keep_a], b[:keep_b]), [
        (" ".join(joined[:max_seq_length]), Text(
            "The joined row was cut, so its last [SEP] is lost. Truncate the texts before you join them.",
            "截断的是拼接后的整行，所以丢掉了最后的 [SEP]。请先截断文本，再拼接。")),
        (" ".join([*joined[: max_seq_length - 1], "[SEP]"]), Text(
            "Only the title was shortened; remove each token from the text that is longer then.",
            "只缩短了 title；每次都应该去掉当时较长的那一段的词元。")),
        (_row(a, b), Text(f"Nothing was truncated: the row has {len(joined)} tokens, more than `max_seq_length`.",
                          f"没有截断：这一行有 {len(joined)} 个词元，超过了 `max_seq_length`。")),
        *[(_row(a[:one], b[:two]), Text(
            "Both texts got half of the places. A short text does not need its half: the longer one may have the rest.",
            "两段各分到一半位置。短文本用不完一半，剩下的应该给较长的一段。"))
          for one, two in ((half, half), (half, places - half), (places - half, half)) if length_a < half],
        *miscounted,
        (_row(a[: only_a[0]], b[: only_a[1]]), Text(
            "Only the query was shortened; remove each token from the text that is longer then.",
            "只缩短了 query；每次都应该去掉当时较长的那一段的词元。")),
        (_row(a[:from_a], b[:places]), Text(
            "Only the query was shortened; remove each token from the text that is longer then.",
            "只缩短了 query；每次都应该去掉当时较长的那一段的词元。")),
        (_row(a[: only_b[0]], b[: only_b[1]]), Text(
            "Only the title was shortened; remove each token from the text that is longer then.",
            "只缩短了 title；每次都应该去掉当时较长的那一段的词元。")),
        *[(_row(a[:keep_b], b[:keep_a]), Text(
            "If both texts have the same length, the title loses a token (`len(query) > len(title)`, not `>=`).",
            "两段一样长时，去掉 title 的词元（是 `len(query) > len(title)`，不是 `>=`）。"))] * (keep_a == keep_b + 1),
        (_row(a[-keep_a:], b[-keep_b:]), Text(
            "The tokens were removed from the beginning of the texts; remove them from the end.",
            "去掉的是文本开头的词元；应该去掉末尾的。")),
    ])  # fmt: skip
    equal(f"{what}: token_type_ids", segments, _segments(keep_a, keep_b), [
        (_segments(length_a, length_b), Text(
            "These belong to the texts before the truncation: compute the segment ids after it.",
            "这是截断之前的文本的编号：请在截断之后再计算。")),
        (_segments(length_a, length_b)[:max_seq_length], Text(
            "These belong to the texts before the truncation: compute the segment ids after it.",
            "这是截断之前的文本的编号：请在截断之后再计算。")),
    ])  # fmt: skip


def _padding(student: Student) -> Iterator[Text]:
    """A batch of three rows of different lengths, with a pad id that is not 0."""
    rows = [([2, 7, 1, 8, 9, 1], [0, 0, 0, 1, 1, 1]), ([2, 11, 12, 13, 1, 14, 15, 1], [0, 0, 0, 0, 0, 1, 1, 1]),
            ([2, 16, 1, 17, 1], [0, 0, 0, 1, 1])]  # fmt: skip
    given = copy.deepcopy(rows)
    what = f"pad_batch(rows, pad_id={PAD_ID})"
    got_ids, got_segments = unpack(what, student.pad_batch(given, PAD_ID), 2)
    ids, segments = [row for row, _ in rows], [row for _, row in rows]
    expected, zeros = _right(ids, PAD_ID), _right(segments, 0)
    equal(f"{what}: input_ids", got_ids, expected, [
        (_right(ids, 0), Text("The padding is 0; it has to be `pad_id`, which is not 0 in every vocabulary.",
                              "填充的是 0；应该填 `pad_id`，它并非在每个词表里都是 0。")),
        (zeros, Text("These are the token_type_ids; return input_ids first.", "这是 token_type_ids；应该先返回 input_ids。")),
        ([[PAD_ID] * (8 - len(row)) + row for row in ids], Text(
            "The padding is at the beginning of the rows; it has to be at their end.", "填充在行首；应该在行末。")),
        ([row[:-1] + [PAD_ID] * (8 - len(row)) + row[-1:] for row in ids], Text(
            "The padding stands inside the row, before the last [SEP]; it has to be behind it.",
            "填充插在行内、最后的 [SEP] 之前；应该在它之后。")),
        ([row[:2] + [PAD_ID] * (8 - len(row)) + row[2:] for row in ids], Text(
            "The padding stands inside the row; it has to be at the end.", "填充插在行内；应该在行末。")),
        ([row[:5] for row in ids], Text("All rows are cut to the length of the shortest; pad them to the longest.",
                                        "所有行都被截成最短一行的长度；应该填充到最长一行的长度。")),
        (ids, Text("The rows still have different lengths: nothing was padded.", "各行长度仍然不同：没有填充。")),
        (_right(ids, PAD_ID, 9), Text("The batch is one column too long.", "这一批多了一列。")),
        (np.transpose(expected), Text("The array is transposed: one row per example.", "数组被转置了：每个样本一行。")),
    ])  # fmt: skip
    equal(f"{what}: token_type_ids", got_segments, zeros, [
        (_right(segments, 1), Text("The padding has the segment id 1; it has to be 0.", "填充的句段编号是 1；应该是 0。")),
        (_right(segments, PAD_ID), Text(
            "The padding of token_type_ids is `pad_id`; there are only two segments, so it has to be 0.",
            "token_type_ids 的填充用了 `pad_id`；只有两种句段，所以应该填 0。")),
        ([[0] * (8 - len(row)) + row for row in segments], Text(
            "The padding is at the beginning of the rows; it has to be at their end, as in input_ids.",
            "填充在行首；应该和 input_ids 一样在行末。")),
        (segments, Text("The rows still have different lengths: nothing was padded.", "各行长度仍然不同：没有填充。")),
    ])  # fmt: skip
    for name, array in ("input_ids", got_ids), ("token_type_ids", got_segments):
        kind = np.asarray(array.numpy() if hasattr(array, "numpy") else array).dtype
        require(kind.kind in "iu", f"{what}: {name} are of type {kind}; an embedding layer needs integers.",
                f"{what}：{name} 的类型是 {kind}；嵌入层需要整数。")  # fmt: skip
    require(given == rows, f"{what} changed the lists in `rows`, so they are longer in the next epoch. Copy them.",
            f"{what} 改动了 `rows` 里的列表，下一轮训练时它们就变长了。请先复制。")  # fmt: skip
    yield Text("A batch of 3 rows is padded to the longest row, with `pad_id` and segment 0.",
               "3 行的一批按最长的一行填充，填的是 `pad_id` 和句段 0。")  # fmt: skip


def _convert(student: Student, tokenizer: Any, a: str, b: str, max_seq_length: int):
    """The student's row for the letters `a` and `b`: how to name it, its tokens as one text, its segment ids."""
    texts = {"query": " ".join(a), "title": " ".join(b)}
    what = f'convert_example({{"query": "{texts["query"]}", "title": "{texts["title"]}"}}, tokenizer, {max_seq_length})'
    ids, segments = unpack(what, student.convert_example(dict(texts), tokenizer, max_seq_length), 2)
    ids = _integers(f"{what}: input_ids", ids)
    require(all(0 <= one < len(LETTERS) + 5 for one in ids),
            f"{what}: input_ids are {ids}; the ids of the vocabulary are 0 to 30.",
            f"{what}：input_ids 是 {ids}；词表的编号是 0 到 30。")  # fmt: skip
    return what, " ".join(tokenizer.convert_ids_to_tokens(ids)), _integers(f"{what}: token_type_ids", segments)


def _integers(what: str, got: Any) -> List[int]:
    """A student's list as integers."""
    require(got is not None, f"{what} is None.", f"{what} 是 None。")
    try:
        array = np.asarray(got.numpy() if hasattr(got, "numpy") else got)
    except Exception:  # ragged, or no list at all
        array = np.empty([0, 0])
    require(array.dtype.kind != "U", f"{what} are texts, not ids: `tokenizer.convert_tokens_to_ids` is missing.",
            f"{what} 是文本而不是编号：缺少 `tokenizer.convert_tokens_to_ids`。")  # fmt: skip
    require(array.ndim == 1 and array.dtype.kind in "iu", f"{what} has to be one list of integers.",
            f"{what} 应该是一个整数列表。")  # fmt: skip
    return array.tolist()


def _row(a: str, b: str) -> str:
    """The tokens of a pair, as one text."""
    return " ".join(["[CLS]", *a, "[SEP]", *b, "[SEP]"])


def _segments(length_a: int, length_b: int) -> List[int]:
    """The segment ids of a pair."""
    return [0] * (length_a + 2) + [1] * (length_b + 1)


def _right(rows: List[List[int]], value: int, length: int = 8) -> List[List[int]]:
    """Rows padded on the right."""
    return [row + [value] * (length - len(row)) for row in rows]
