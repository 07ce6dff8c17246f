"""The check of the inputs and targets of GPT, XLNet, T5 and ELECTRA."""

from __future__ import annotations

from typing import Any, Iterator, List, Sequence, Tuple

import numpy as np

from app.course.answers import Mistakes, Student, equal, require, unpack
from app.course.texts import Text


def check(student: Student) -> Iterator[Text]:
    """One family after the other, on two sentences each."""
    _check_left_to_right(student)
    yield Text("GPT: the targets are the inputs shifted by one.", "GPT：目标是输入左移一位。")
    _check_permutation(student)
    yield Text("XLNet: each position sees exactly those before it in the order.", "XLNet：每个位置正好看到顺序中在它之前的位置。")
    _check_spans(student)
    yield Text("T5: one sentinel for each span, and the targets list the spans.", "T5：每个片段一个哨兵，目标依次列出各片段。")
    _check_replaced(student)
    yield Text(
        "ELECTRA: every token has a label, and a correct guess counts as original.",
        "ELECTRA：每个词元都有标签，猜对的算作原词元。",
    )


def _call(name: str, function: Any, tokens: List[str], *arguments: Any) -> Tuple[List[Any], List[Any]]:
    """Both lists that the student's function returns, after checking that it leaves `tokens` as it is."""
    given = list(tokens)
    first, second = unpack(f"{name}(...)", function(given, *arguments), 2)
    require(given == tokens, f"{name} changes `tokens`. Work on a copy: `list(tokens)`.",
            f"{name} 改动了 `tokens`。请用副本：`list(tokens)`。")  # fmt: skip
    require(not isinstance(first, str) and not isinstance(second, str), f"{name} has to return lists of strings, not strings.",
            f"{name} 应返回字符串的列表，而不是字符串。")  # fmt: skip
    return list(first), list(second)


def _compare(what: str, got: Sequence[Any], expected: Sequence[Any], mistakes: Mistakes) -> None:
    """Like `equal`, for lists; their lengths are in the message, because long lists look alike."""
    equal(what, list(got), list(expected), [(value, text) for value, text in mistakes if value != list(expected)])


def _check_left_to_right(student: Student) -> None:
    for tokens in (list("怎么办信用卡"), ["how", "to", "pay"]):
        inputs, targets = _call("left_to_right", student.left_to_right, tokens)
        _compare("left_to_right: inputs", inputs, tokens[:-1], [
            (tokens, Text("The last token is an input, but it has no target. Leave it out.", "最后一个词元没有目标，应去掉。")),
            (tokens[1:], Text("Inputs and targets are swapped: the target is the next token.",
                              "输入和目标反了：目标是下一个词元。")),
        ])  # fmt: skip
        _compare("left_to_right: targets", targets, tokens[1:], [
            (tokens[:-1], Text("The targets are the inputs themselves; shift them by one.", "目标就是输入本身；应移动一位。")),
            (tokens, Text("The targets are all tokens; the first one is predicted from nothing. Leave it out.",
                          "目标是全部词元；第一个词元前面没有内容，应去掉。")),
            (tokens[2:], Text("The targets are shifted by two; shift them by one.", "目标移动了两位；应移动一位。")),
        ])  # fmt: skip


def _check_permutation(student: Student) -> None:
    for order in ([3, 0, 4, 1, 2], [1, 2, 3, 0]):
        rank = [order.index(position) for position in range(len(order))]
        earlier = np.array([[other < own for other in rank] for own in rank])
        mask = student.permutation_mask(np.array(order))
        equal(f"permutation_mask({order})", mask, earlier, [
            (np.array([[other <= own for other in rank] for own in rank]), Text(
                "A position sees itself: the token that it has to predict. Use `<`, not `<=`.",
                "位置能看到自己，也就是要预测的词元。应使用 `<`，不是 `<=`。")),
            (earlier.T, Text(
                "The matrix is transposed: row i is the position that is predicted, column j the one that is seen.",
                "矩阵被转置了：行 i 是被预测的位置，列 j 是被看到的位置。")),
            (np.array([[other < own for other in order] for own in order]), Text(
                "`order[k]` is the position that is predicted as number k. You need the inverse: when position i is predicted "
                "(np.argsort(order)).",
                "`order[k]` 是第 k 个被预测的位置。这里需要它的逆：位置 i 第几个被预测（np.argsort(order)）。")),
            (np.tril(np.ones((len(order), len(order)), bool), -1), Text(
                "This is the mask of the order 0, 1, 2 ... (GPT). Use `order`.",
                "这是顺序 0、1、2……的掩码（GPT）。应使用 `order`。")),
            (earlier[order][:, order], Text(
                "Rows and columns are in the order of prediction; they have to be positions in the sentence.",
                "行和列按预测顺序排列；它们应是句子中的位置。")),
            (earlier[order], Text(
                "The rows are in the order of prediction; row i has to be position i.", "行按预测顺序排列；第 i 行应是位置 i。")),
            (~earlier, Text(
                "The mask is inverted: True means that the position may be seen.", "掩码反了：True 表示可以看到。")),
            (~earlier & ~np.eye(len(order), dtype=bool), Text(
                "A position sees those that come later in the order.", "位置看到的是顺序中在它之后的位置。")),
        ])  # fmt: skip


def _check_spans(student: Student) -> None:
    for tokens, spans in ((list("我想办一张新的信用卡"), [(1, 3), (5, 6), (8, 10)]), (list("怎么还款"), [(0, 2)])):
        inputs, targets = _call("replace_spans", student.replace_spans, tokens, list(spans))
        kept, listed, per_token, unnumbered = [], [], [], []
        previous = 0
        for number, (begin, end) in enumerate(spans):
            kept += [*tokens[previous:begin], f"<extra_id_{number}>"]
            per_token += [*tokens[previous:begin], *[f"<extra_id_{number}>"] * (end - begin)]
            unnumbered += [*tokens[previous:begin], "<extra_id_0>"]
            listed += [f"<extra_id_{number}>", *tokens[begin:end]]
            previous = end
        last = f"<extra_id_{len(spans)}>"
        spanned = [token for begin, end in spans for token in tokens[begin:end]]
        whole = kept + tokens[previous:]
        from_one = [f"<extra_id_{int(token[10:-1]) + 1}>" if token.startswith("<") else token for token in whole]
        _compare("replace_spans: inputs", inputs, whole, [
            (per_token + tokens[previous:], Text(
                "Each token of a span gets a sentinel. Replace a whole span by one: the model has to find out how long it is.",
                "片段的每个词元都换成了哨兵。整个片段应只换成一个：长度要由模型来判断。")),
            (kept, Text("The tokens after the last span are missing.", "最后一个片段之后的词元丢了。")),
            (unnumbered + tokens[previous:], Text(
                "All spans have the sentinel <extra_id_0>; count them.", "所有片段的哨兵都是 <extra_id_0>；应依次编号。")),
            ([token for token in whole if not token.startswith("<")], Text(
                "The sentinels are missing: the model cannot see where something was removed.",
                "缺少哨兵：模型看不出哪里去掉了内容。")),
            (from_one, Text("The sentinels begin with 1; the first is <extra_id_0>.", "哨兵从 1 开始编号；第一个应是 "
                                                                                      "<extra_id_0>。")),
            (listed + [last], Text("Inputs and targets are swapped.", "输入和目标反了。")),
        ])  # fmt: skip
        _compare("replace_spans: targets", targets, listed + [last], [
            (listed, Text(f"The last sentinel {last} is missing: it says that the answer ends.",
                          f"缺少最后的哨兵 {last}：它表示答案结束。")),
            (spanned, Text("The sentinels are missing: the targets do not say which span is which.",
                           "缺少哨兵：目标中看不出哪个片段是哪个。")),
            (spanned + [last], Text("The sentinels before the spans are missing: the targets do not say which span is which.",
                                    "片段前缺少哨兵：目标中看不出哪个片段是哪个。")),
            (tokens, Text("The targets are the whole text; T5 predicts the removed spans only.",
                          "目标是整段文本；T5 只预测去掉的片段。")),
            (listed + ["</s>"], Text(f"The end is marked by the next sentinel, {last}.", f"结束用下一个哨兵 {last} 表示。")),
        ])  # fmt: skip


def _check_replaced(student: Student) -> None:
    tokens, positions, guesses = list("怎么还信用卡的钱"), [6, 1, 4], ["的", "样", "费"]
    inputs, labels = _call("replaced_tokens", student.replaced_tokens, tokens, list(positions), list(guesses))
    expected = list("怎样还信费卡的钱")
    _compare("replaced_tokens: inputs", inputs, expected, [
        (tokens, Text("The inputs are the original tokens; put the guesses in.", "输入还是原来的词元；应放入猜的词元。")),
        ([("[MASK]" if number in positions else token) for number, token in enumerate(tokens)], Text(
            "The inputs have [MASK]; the model reads the generator's guesses, so it never sees [MASK].",
            "输入里有 [MASK]；模型读的是生成器猜的词元，从来看不到 [MASK]。")),
    ])  # fmt: skip
    at_positions = [int(number in positions) for number in range(len(tokens))]
    right = [0, 1, 0, 0, 1, 0, 0, 0]
    require(np.asarray(labels).dtype.kind in "biuf", "replaced_tokens: labels have to be numbers, 0 or 1.",
            "replaced_tokens 的标签应是数字 0 或 1。")  # fmt: skip
    _compare("replaced_tokens: labels", labels, right, [
        (at_positions, Text(
            "The guess at position 6 is the original token: it counts as original (0), because nothing was replaced.",
            "位置 6 猜的就是原词元：应算作原词元（0），因为没有替换。")),
        ([1 - label for label in right], Text("The labels are inverted: 1 means replaced.", "标签反了：1 表示被替换。")),
        ([1 - label for label in at_positions], Text(
            "The labels are inverted, and a guess that is the original token counts as replaced.",
            "标签反了，而且猜对的词元被算作替换。")),
        ([right[number] for number in positions], Text(
            "Only the guessed positions have labels. ELECTRA's model judges every token.",
            "只有被猜的位置有标签。ELECTRA 的模型要判断每个词元。")),
        ([right[number] for number in sorted(positions)], Text(
            "Only the guessed positions have labels. ELECTRA's model judges every token.",
            "只有被猜的位置有标签。ELECTRA 的模型要判断每个词元。")),
        ([0] * len(tokens), Text("No token counts as replaced: the inputs are compared with themselves.",
                                 "没有词元被算作替换：输入在和自己比较。")),
    ])  # fmt: skip
