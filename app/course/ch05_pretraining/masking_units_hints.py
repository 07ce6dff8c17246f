"""Two hints, the reason of the solution, and where this project does the same."""

from app.course.texts import Text

HINTS = (
    Text(
        "`group_tokens`: go through the tokens once, with a position that starts after `[CLS]`. Take tokens for a word until "
        "they have as many characters as the word. `choose_units`: keep a set of the chosen positions; it knows both overlap "
        "and budget.",
        "`group_tokens`：用一个位置从 `[CLS]` 之后开始，把词元走一遍。为每个词取词元，直到字符数与这个词相同。"
        "`choose_units`：用一个集合记下已选的位置，重叠和预算都可以由它判断。",
    ),
    Text(
        "A token has `len(token.replace('##', ''))` characters. `count = rng.choice(len(probabilities), p=probabilities) + 1`, "
        "`first = rng.integers(len(words) - count + 1)`, `unit = sum(words[first : first + count], [])`; then test "
        "`chosen.isdisjoint(unit)` and `len(chosen) + len(unit) <= budget`.",
        "一个词元有 `len(token.replace('##', ''))` 个字符。`count = rng.choice(len(probabilities), p=probabilities) + 1`，"
        "`first = rng.integers(len(words) - count + 1)`，`unit = sum(words[first : first + count], [])`；然后判断 "
        "`chosen.isdisjoint(unit)` 和 `len(chosen) + len(unit) <= budget`。",
    ),
)
REASON = Text(
    "The budget counts tokens, whatever the unit is: so all strategies predict the same share of the text and can be "
    "compared. The number of words is drawn before the place; otherwise the end of the sentence would get shorter units. "
    "Skipping what does not fit favours short units, as the demo shows: in a short text, the mean is far below that of the "
    "probabilities. SpanBERT and this project truncate the last unit instead, which helps a little.",
    "不论单位是什么，预算都按词元计算：这样各种策略预测的比例相同，可以比较。先抽词数、再抽位置，否则句末的单位会偏短。"
    "放不下就跳过，会偏向短的单位，演示中可以看到：文本很短时，实际的平均长度远小于概率的均值。"
    "SpanBERT 和本项目的做法是截短最后一个单位，会好一些。",
)
PROGRAM = Text(
    "app/pretrain/masking.py, mask_tokens (with --masking whole_word, ngram or span); app/text/fast_tokenizer.py asks jieba",
    "app/pretrain/masking.py 的 mask_tokens（--masking whole_word、ngram 或 span）；app/text/fast_tokenizer.py 调用 jieba",
)
