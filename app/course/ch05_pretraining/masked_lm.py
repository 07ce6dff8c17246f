# %% [markdown] lang="en"
# A masked language model reads a sentence in which some tokens are hidden, and predicts the hidden tokens from both sides. The
# data need no labels from people: the text itself is the label. BERT (Devlin et al. 2019) prepares a sentence like this:
#
# 1. Choose 15 % of the tokens that are not special: exactly `round(0.15 * n)` of `n`, at least 1, each token with the same
#    probability, none of them twice.
# 2. For each chosen token, draw on its own what the model sees in its place: with probability 80 % `[MASK]`, with 10 % a random
#    token that is not special, with 10 % the token itself, unchanged.
# 3. The labels are the original ids at the chosen positions, and -100 at all other positions, where `F.cross_entropy` adds no
#    loss.
#
# Write `mask_tokens`. All random numbers come from the argument `rng`, a `np.random.Generator`
# (useful: `rng.choice(..., replace=False)`, `rng.random(count)`). `special_ids` contains `mask_id` too. The argument `input_ids`
# must not change.

# %% [markdown] lang="zh"
# 掩码语言模型读入一个遮住了部分词元的句子，根据左右两边的内容预测被遮住的词元。这样的数据不需要人工标注：文本本身就是标签。
# BERT（Devlin et al. 2019）这样处理一个句子：
#
# 1. 在非特殊词元中选出 15%：若共有 `n` 个，就正好选 `round(0.15 * n)` 个，至少 1 个；每个词元被选中的概率相同，且不重复选。
# 2. 对每个被选中的词元，单独抽签决定模型在这个位置看到什么：80% 的概率是 `[MASK]`，10% 的概率是一个随机的非特殊词元，
#    10% 的概率是原来的词元，保持不变。
# 3. 标签在被选中的位置是原来的 id，在其他位置都是 -100，`F.cross_entropy` 在这些位置不计损失。
#
# 请写出 `mask_tokens`。所有随机数都来自参数 `rng`，它是一个 `np.random.Generator`
# （可用：`rng.choice(..., replace=False)`、`rng.random(count)`）。`special_ids` 里也包含 `mask_id`。不能改动参数 `input_ids`。

# %%
import numpy as np


def mask_tokens(input_ids, special_ids, mask_id, vocab_size, rng):
    """input_ids: int64 [S]; special_ids: list of ids -> masked_ids: int64 [S], labels: int64 [S]"""
    ### BEGIN SOLUTION
    candidates = np.flatnonzero(~np.isin(input_ids, special_ids))
    count = max(1, round(0.15 * len(candidates)))
    chosen = rng.choice(candidates, count, replace=False)
    labels = np.full_like(input_ids, -100)
    labels[chosen] = input_ids[chosen]
    masked_ids = input_ids.copy()
    draws = rng.random(count)
    masked_ids[chosen[draws < 0.8]] = mask_id
    replaced = chosen[draws >= 0.9]
    ordinary_ids = np.setdiff1d(np.arange(vocab_size), special_ids)
    masked_ids[replaced] = rng.choice(ordinary_ids, len(replaced))
    return masked_ids, labels
    ### END SOLUTION


# %%
sentence = "他在手机上记下新的换证日子，提前三个月提醒家里人。"
vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *sorted(set(sentence))]
special_ids, mask_id = [0, 1, 2, 3, 4], 4
input_ids = np.array([2, *(vocabulary.index(character) for character in sentence), 3])
rng = np.random.default_rng(0)
for _ in range(4):
    masked_ids, labels = mask_tokens(input_ids, special_ids, mask_id, len(vocabulary), rng)
    targets = {int(position): vocabulary[labels[position]] for position in np.flatnonzero(labels != -100)}
    print("".join(vocabulary[token] for token in masked_ids), targets)

# %%
kinds = {"[MASK]": 0, "unchanged": 0, "random": 0}
for _ in range(1000):
    masked_ids, labels = mask_tokens(input_ids, special_ids, mask_id, len(vocabulary), rng)
    for token, label in zip(masked_ids[labels != -100], labels[labels != -100]):
        kinds["[MASK]" if token == mask_id else "unchanged" if token == label else "random"] += 1
total = sum(kinds.values())
print({kind: f"{count / total:.1%}" for kind, count in kinds.items()}, "of", total, "predictions")
