# %% [markdown] lang="en"
# Text matching asks how two sentences relate. A masked LM does not learn this: it predicts tokens. BERT therefore has a second
# task, next-sentence prediction (NSP): does sentence B follow sentence A? Again, the text itself gives the labels.
#
# Write `nsp_pairs`. For each sentence that has a next sentence in its own document (in the order of the text), make one pair
# `(A, B, label)`:
#
# * with probability 50 %: B is the next sentence, `label` 0 ("IsNext");
# * otherwise: B is a random sentence of another document, `label` 1 ("NotNext"). Every sentence of every other document can be
#   drawn.
#
# This is the numbering of google-research/bert: label 0 means that B follows A. Draw for each pair on its own. All random numbers
# come from `rng`, a `np.random.Generator` (useful: `rng.random()`, `rng.integers(low, high)`, which never gives `high`).

# %% [markdown] lang="zh"
# 文本匹配关心两个句子之间的关系。掩码语言模型只预测词元，学不到这一点。因此 BERT 还有第二个任务：下一句预测（NSP），
# 判断句子 B 是不是紧跟在句子 A 之后。标签同样来自文本本身。
#
# 请写出 `nsp_pairs`。对每一个在自己的文档里有下一句的句子（按文本顺序），生成一个 `(A, B, label)`：
#
# * 以 50% 的概率：B 是下一句，`label` 为 0（“IsNext”）；
# * 否则：B 是另一篇文档中的一个随机句子，`label` 为 1（“NotNext”）。其他每篇文档的每个句子都有可能被抽到。
#
# 这是 google-research/bert 的编号：标签 0 表示 B 紧跟 A。每一对单独抽签。所有随机数都来自 `rng`，
# 它是一个 `np.random.Generator`（可用：`rng.random()`、`rng.integers(low, high)`，后者不会给出 `high`）。

# %%
import gzip

import numpy as np

from app.course import ROOT
from app.match.baselines import character_overlap


def nsp_pairs(documents, rng):
    """documents: list of lists of sentences -> list of (A, B, label)"""
    ### BEGIN SOLUTION
    pairs = []
    for number, document in enumerate(documents):
        for sentence, following in zip(document, document[1:]):
            if rng.random() < 0.5:
                pairs.append((sentence, following, 0))
            else:
                other = documents[(number + rng.integers(1, len(documents))) % len(documents)]
                pairs.append((sentence, other[rng.integers(len(other))], 1))
    return pairs
    ### END SOLUTION


# %%
text = gzip.open(f"{ROOT}/data/sample_corpus/corpus.txt.gz", "rt", encoding="utf-8").read()
documents = [document.split("\n") for document in text.strip().split("\n\n")]
pairs = nsp_pairs(documents[:200], np.random.default_rng(0))
for first, second, label in pairs[:6]:
    print(label, first, "|", second)

# %%
for label in (0, 1):
    overlaps = [character_overlap(first, second) for first, second, other in pairs if other == label]
    mean = sum(overlaps) / max(1, len(overlaps))
    print(f"label {label}: {len(overlaps)} pairs; the two sentences share {mean:.1%} of their characters")
