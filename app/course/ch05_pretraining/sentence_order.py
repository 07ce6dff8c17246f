# %% [markdown] lang="en"
# NSP can be answered by topic: the random sentence comes from another document. ALBERT (Lan et al. 2020) replaces it by
# sentence-order prediction (SOP): A and B are always two consecutive sentences of one document, but half of the time their
# order is swapped. Topic and words are the same in both cases, so only the order can tell.
#
# 1. Write `sop_pairs`: for each two consecutive sentences of a document (in the order of the text), one `(A, B, label)`. With
#    probability 50 %, the right order and `label` 0; otherwise, the two sentences swapped and `label` 1. Random numbers come
#    from `rng`.
# 2. Write `topic_accuracy`: how well does a rule that knows only the topic do? The rule: the label is 0 if the character
#    overlap of A and B is at least a threshold, else 1. `overlap(A, B)` is a function that gives a number from 0 to 1. Try each
#    overlap that occurs as the threshold, and return the highest accuracy (a number from 0 to 1).
#
# The demo compares the rule on NSP and SOP pairs of 300 documents. The threshold is chosen on the same pairs: with one
# parameter and thousands of pairs, this adds about one percentage point.

# %% [markdown] lang="zh"
# NSP 可以靠话题来回答：随机句子来自另一篇文档。ALBERT（Lan et al. 2020）把它换成句子顺序预测（SOP）：
# A 和 B 总是同一篇文档中相邻的两句，但有一半的情况把顺序交换。两种情况下话题和用词都一样，只有顺序能区分。
#
# 1. 写出 `sop_pairs`：对文档中每两个相邻的句子（按文本顺序）生成一个 `(A, B, label)`。以 50% 的概率保持原来的顺序，
#    `label` 为 0；否则交换两句，`label` 为 1。随机数来自 `rng`。
# 2. 写出 `topic_accuracy`：只看话题的规则能答对多少？规则是：A 与 B 的字重合度不低于阈值时标签为 0，否则为 1。
#    `overlap(A, B)` 是一个函数，给出 0 到 1 的数。把出现过的每个重合度都当作阈值试一遍，返回最高的准确率（0 到 1 的数）。
#
# 演示在 300 篇文档的 NSP 句对和 SOP 句对上比较这条规则。阈值就是在这些句对上选的：只有一个参数，而句对有几千个，
# 这样只会偏高约 1 个百分点。

# %%
import gzip

import numpy as np

from app.course import ROOT
from app.match.baselines import character_overlap


def sop_pairs(documents, rng):
    """documents: list of lists of sentences -> list of (A, B, label)"""
    ### BEGIN SOLUTION
    pairs = []
    for document in documents:
        for first, second in zip(document, document[1:]):
            if rng.random() < 0.5:
                pairs.append((first, second, 0))
            else:
                pairs.append((second, first, 1))
    return pairs
    ### END SOLUTION


def topic_accuracy(pairs, overlap):
    """pairs: list of (A, B, label); overlap: function of two sentences -> float"""
    ### BEGIN SOLUTION
    overlaps = np.array([overlap(first, second) for first, second, _ in pairs])
    labels = np.array([label for _, _, label in pairs])
    accuracies = []
    for threshold in np.unique(overlaps):
        predicted = np.where(overlaps >= threshold, 0, 1)
        accuracies.append(np.mean(predicted == labels))
    return max(accuracies)
    ### END SOLUTION


# %%
text = gzip.open(f"{ROOT}/data/sample_corpus/corpus.txt.gz", "rt", encoding="utf-8").read()
documents = [document.split("\n") for document in text.strip().split("\n\n")][::4][:300]
rng = np.random.default_rng(0)
sop = sop_pairs(documents, rng)
for first, second, label in sop[:4]:
    print(label, first, "|", second)

# %%
nsp = []
for number, document in enumerate(documents):
    for first, second in zip(document, document[1:]):
        other = documents[(number + rng.integers(1, len(documents))) % len(documents)]
        nsp.append((first, second, 0) if rng.random() < 0.5 else (first, other[rng.integers(len(other))], 1))
for name, pairs in (("NSP", nsp), ("SOP", sop)):
    print(f"{name}: {len(pairs)} pairs; the topic rule is right in {topic_accuracy(pairs, character_overlap):.1%} (a coin: 50 %)")
