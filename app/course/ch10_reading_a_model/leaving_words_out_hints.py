"""Two hints, the reason of the solution, and where this project does the same."""

from app.course.texts import Text

HINTS = (
    Text(
        "Compute the score of the whole text once. For each position, build a new list of words without changing `words`, join "
        "it, and subtract its score from that of the whole text.",
        "先算一次完整文本的分数。对每个位置，不改动 `words`，另建一个词的列表，连成文本，用完整文本的分数减去它的分数。",
    ),
    Text(
        "`changed = [*words[:position], replacement * len(word), *words[position + 1 :]]`, then "
        "`whole - score(''.join(changed), text_b)`. For two words, keep those whose position is `not in (first, second)`.",
        "`changed = [*words[:position], replacement * len(word), *words[position + 1 :]]`，然后 "
        "`whole - score(''.join(changed), text_b)`。删两个词时，保留位置 `not in (first, second)` 的词。",
    ),
)
REASON = Text(
    "An effect says what this score does with this changed text, and no more. Two copies of a word cover for each other: in the "
    "demo, leaving out one 信用卡 changes little, and leaving out both changes a lot; so a small effect does not mean that a "
    "word is not used. A text with a gap may be unlike everything the model was trained on; [MASK] keeps the length, but is "
    "just as unusual after fine-tuning. Therefore compare several replacements before you conclude anything.",
    "影响只说明这个分数对这样改动后的文本有什么反应，仅此而已。同一个词的两次出现可以互相替代：演示中删掉一个“信用卡”变化很小，"
    "两个都删变化很大；所以影响小并不等于这个词没有用到。删掉词的文本可能和模型训练时见过的都不像；"
    "[MASK] 能保持长度，但微调之后同样少见。因此，下结论之前应比较几种替换方式。",
)
PROGRAM = Text(
    "app/match/evaluate.py gives the probabilities of a matcher and app/predict/pair_scorer.py scores batches: `score` of your "
    "own model",
    "app/match/evaluate.py 给出匹配模型的概率，app/predict/pair_scorer.py 按批打分：可用作你自己模型的 `score`",
)
