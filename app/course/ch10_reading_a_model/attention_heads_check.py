"""The check of attention by head: the model's attention on a pair, and the shares of a made-up attention."""

from __future__ import annotations

from typing import Iterator, List

import numpy as np
import paddle

from app.course.answers import Student, equal, require, unpack
from app.course.texts import Text


def check(student: Student) -> Iterator[Text]:
    """The attention of the student's model on another pair; then the shares of a random attention of 3 layers and 2 heads."""
    yield _check_attention(student)
    yield from _check_shares(student)


def _check_attention(student: Student) -> Text:
    model, tokenizer = student.model, student.tokenizer
    text_a, text_b = "怎么取消信用卡", "信用卡如何注销"
    encoded = tokenizer(text_a, text_b)
    expected_tokens = tokenizer.convert_ids_to_tokens(encoded["input_ids"])
    tokens, attention = unpack("pair_attention(text_a, text_b)", student.pair_attention(text_a, text_b), 2)
    equal("tokens", list(tokens), expected_tokens, [
        (expected_tokens[: expected_tokens.index("[SEP]") + 1], Text(
            "Only A is there. Give both texts to the tokenizer: tokenizer(text_a, text_b).",
            "只有 A。应把两个文本都交给分词器：tokenizer(text_a, text_b)。")),
        (expected_tokens[1:-1], Text("[CLS] and the last [SEP] are missing.", "缺少 [CLS] 和最后的 [SEP]。")),
        (encoded["input_ids"], Text("These are ids; return tokens.", "这些是 id；应返回词元。")),
        ([token for token in expected_tokens if token not in ("[CLS]", "[SEP]")], Text(
            "The special tokens are missing.", "缺少特殊词元。")),
    ])  # fmt: skip
    ids, segments = (paddle.to_tensor([encoded[name]]) for name in ("input_ids", "token_type_ids"))

    def attend(**inputs):
        with paddle.no_grad():
            return paddle.concat(model(**inputs, output_attentions=True, return_dict=True).attentions).numpy()

    expected = attend(input_ids=ids, token_type_ids=segments)
    require(model.training is False, "The model is in training mode, so dropout changes the weights. Call model.eval().",
            "模型处于训练模式，dropout 会改变权重。请调用 model.eval()。")  # fmt: skip
    mistakes = [
        (lambda: attend(input_ids=ids), Text(
            "The token_type_ids are missing: the model reads all tokens as text A.",
            "没有传 token_type_ids：模型把所有词元都当作文本 A。")),
        (lambda: attend(input_ids=ids, token_type_ids=1 - segments), Text(
            "The token_type_ids are inverted: 0 for A, 1 for B.", "token_type_ids 反了：A 为 0，B 为 1。")),
        (lambda: expected[:1], Text("Only the first layer is there. Join all of `.attentions`.",
                                    "只有第一层。应把 `.attentions` 全部连起来。")),
        (lambda: expected[-1:], Text("Only the last layer is there. Join all of `.attentions`.",
                                     "只有最后一层。应把 `.attentions` 全部连起来。")),
        (lambda: expected[:, None], Text(
            "The axis of the batch is still there: [layers, 1, heads, S, S]. Remove it.",
            "批的那一维还在：[layers, 1, heads, S, S]。请去掉它。")),
        (lambda: expected.swapaxes(0, 1), Text("Layers and heads are swapped.", "层和头的维度反了。")),
        (lambda: expected.swapaxes(2, 3), Text("Rows and columns are swapped: row i has to be the token that looks.",
                                               "行和列反了：第 i 行应是在看的词元。")),
    ]  # fmt: skip
    for value, text in mistakes:  # not by `equal`: the arrays are too long to be shown
        wrong = value()
        require(np.shape(attention) != wrong.shape or not np.allclose(attention, wrong, atol=1e-4), *text)
        single = wrong[0] if len(wrong) == 1 else wrong  # one layer, without the axis of the layers
        require(np.shape(attention) != single.shape or not np.allclose(attention, single, atol=1e-4), *text)
    equal("attention", attention, expected)
    return Text(f"The attention of 4 layers and 4 heads on {len(tokens)} tokens is right.",
                f"4 层 4 个头在 {len(tokens)} 个词元上的注意力正确。")  # fmt: skip


def _check_shares(student: Student) -> Iterator[Text]:
    tokens = ["[CLS]", *"卡怎么办新", "[SEP]", *"办卡要卡多久办呢", "[SEP]"]
    a, b, seps = _places(tokens)
    scores = np.random.default_rng(101).normal(0, 1.5, [3, 2, len(tokens), len(tokens)])
    attention = np.exp(scores) / np.exp(scores).sum(-1, keepdims=True)
    given = attention.astype(np.float32)
    got = unpack("head_shares(tokens, attention)", student.head_shares(list(tokens), given), 3)
    require(np.allclose(given, attention, atol=1e-6), "head_shares changes `attention`. Work on a copy.",
            "head_shares 改动了 `attention`。请在副本上计算。")  # fmt: skip
    to_b = attention[:, :, a][..., b].sum(-1)
    equal("to_b", got[0], to_b.mean(-1), [
        (attention[:, :, a][..., b].mean((-1, -2)), Text(
            "This is a mean over the tokens of B; sum over B, then take the mean over A.",
            "这里对 B 取了平均；应对 B 求和，再对 A 取平均。")),
        (to_b.sum(-1), Text("This is a sum over the tokens of A; take the mean.", "这里对 A 的词元求了和；应取平均。")),
        (attention[:, :, b][..., a].sum(-1).mean(-1), Text("This goes from B to A. Rows are the tokens that look.",
                                                           "这是从 B 到 A。行是在看的词元。")),
        (attention[:, :, b][..., a].sum(-2).mean(-1), Text(
            "This goes from B to A. Rows are the tokens that look.", "这是从 B 到 A。行是在看的词元。")),
        (attention[:, :, a][..., b].sum(-2).mean(-1), Text(
            "The sum goes over A and the mean over B. Sum over the columns (B), mean over the rows (A).",
            "这里对 A 求和、对 B 取平均。应对列（B）求和，对行（A）取平均。")),
        (attention[:, :, a][..., b + seps[1:]].sum(-1).mean(-1), Text("The last [SEP] is counted as a token of B.",
                                                                      "最后的 [SEP] 被算进了 B。")),
        (attention[:, :, a][..., seps[:1] + b].sum(-1).mean(-1), Text("The first [SEP] is counted as a token of B.",
                                                                      "第一个 [SEP] 被算进了 B。")),
        (attention[:, :, a][..., seps[:1] + b + seps[1:]].sum(-1).mean(-1), Text("Both [SEP] are counted as tokens of B.",
                                                                                 "两个 [SEP] 都被算进了 B。")),
        (attention[:, :, [0, *a]][..., b].sum(-1).mean(-1), Text("[CLS] is counted as a token of A.", "[CLS] 被算进了 A。")),
        (attention[:, :, a + seps[:1]][..., b].sum(-1).mean(-1), Text("The first [SEP] is counted as a token of A.",
                                                                      "第一个 [SEP] 被算进了 A。")),
        (attention[:, :, [0, *a, *seps[:1]]][..., b].sum(-1).mean(-1), Text("[CLS] and [SEP] are counted as tokens of A.",
                                                                            "[CLS] 和 [SEP] 被算进了 A。")),
        (attention[:, :, a][..., a].sum(-1).mean(-1), Text("This goes from A to A.", "这是从 A 到 A。")),
    ])  # fmt: skip
    yield Text("The shares from A to B are right.", "从 A 到 B 的比例正确。")
    to_sep = attention[:, :, a][..., seps]
    equal("to_sep", got[1], to_sep.sum(-1).mean(-1), [
        (to_sep[..., 0].mean(-1), Text("Only the first [SEP] is counted; add the second.", "只算了第一个 [SEP]；应加上第二个。")),
        (to_sep[..., 1].mean(-1), Text("Only the last [SEP] is counted; add the first.", "只算了最后一个 [SEP]；应加上第一个。")),
        (to_sep.mean((-1, -2)), Text("This is a mean over the two [SEP]; add them.", "这里对两个 [SEP] 取了平均；应相加。")),
        (to_sep.sum((-1, -2)), Text("This is a sum over the tokens of A; take the mean.", "这里对 A 的词元求了和；应取平均。")),
        (attention[:, :, seps][..., a].sum(-2).mean(-1), Text("This goes from [SEP] to A. Rows are the tokens that look.",
                                                              "这是从 [SEP] 到 A。行是在看的词元。")),
    ])  # fmt: skip
    yield Text("The shares from A to [SEP] are right.", "从 A 到 [SEP] 的比例正确。")
    same = np.array([[tokens[row] == tokens[column] for column in b] for row in a])
    to_same = (attention[:, :, a][..., b] * same).sum(-1)
    rows = same.any(1)
    everywhere = np.array([[tokens[row] == tokens[column] for column in a + b] for row in a])
    equal("to_same", got[2], to_same[..., rows].mean(-1), [
        (to_same.mean(-1), Text(
            "The mean goes over all tokens of A; take only those that occur in B.",
            "这里对 A 的全部词元取了平均；只应取在 B 中出现的。")),
        (to_same.sum(-1), Text("This is a sum over the tokens of A; take the mean.", "这里对 A 的词元求了和；应取平均。")),
        (to_same.sum(-1) / same.sum(), Text(
            "This is a mean over the pairs of equal tokens. A token of A may occur several times in B: sum over B, then take "
            "the mean over A.",
            "这里对相同的词元对取了平均。A 的一个词元可能在 B 中出现多次：应先对 B 求和，再对 A 取平均。")),
        ((attention[:, :, a][..., a + b] * everywhere).sum(-1)[..., rows].mean(-1), Text(
            "The equal tokens in A are counted too (also the token itself). Count those in B only.",
            "A 中相同的词元（包括自己）也被算了进去。只应算 B 中的。")),
        ((attention[:, :, b][..., a] * same.T).sum(-1)[..., same.any(0)].mean(-1), Text("This goes from B to A.",
                                                                                        "这是从 B 到 A。")),
        ((attention[:, :, a][..., b] * same).max(-1)[..., rows].mean(-1), Text(
            "Only the largest weight of the equal tokens is counted; add those of all equal tokens of B.",
            "只取了相同词元中最大的权重；应把 B 中所有相同词元的权重相加。")),
        ((attention[:, :, a][..., b] * _first_only(same)).sum(-1)[..., rows].mean(-1), Text(
            "Only the first equal token of B is counted; a token may occur several times.",
            "只算了 B 中第一个相同的词元；一个词元可能出现多次。")),
    ])  # fmt: skip
    yield Text("The shares to the same token are right.", "给相同词元的比例正确。")
    other = ["[CLS]", *"好的", "[SEP]", *"的", "[SEP]"]
    small = np.full([1, 3, 6, 6], 1 / 6, np.float32)
    shares = unpack("head_shares(tokens, attention)", student.head_shares(other, small), 3)
    equal("head_shares of even attention on [CLS] 好 的 [SEP] 的 [SEP]", [np.asarray(share) for share in shares],
          [np.full([1, 3], value) for value in (1 / 6, 2 / 6, 1 / 6)])  # fmt: skip


def _places(tokens: List[str]):
    """Positions of the tokens of A, of B, and of both [SEP]."""
    first = tokens.index("[SEP]")
    return list(range(1, first)), list(range(first + 1, len(tokens) - 1)), [first, len(tokens) - 1]


def _first_only(same: np.ndarray) -> np.ndarray:
    """`same` with at most one True in each row: the first."""
    return same & (np.cumsum(same, 1) == 1)
