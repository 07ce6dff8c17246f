# %% [markdown] lang="en"
# BERT is one family of pretrained models. Others read the same text and predict something else. Write four small functions, one
# for each family. `tokens` is a list of strings; do not change it.
#
# 1. Left-to-right LM (GPT, Radford et al. 2018): `left_to_right` returns inputs and targets. At each place, the target is the
#    next token. The last token has no next one, so both lists have one entry less than `tokens`.
# 2. Permutation LM (XLNet, Yang et al. 2019): the tokens are predicted in a random `order` of their positions.
#    `order = [2, 0, 1]`: first position 2 is predicted, then 0, then 1. `permutation_mask` returns a Boolean matrix: entry
#    `[i, j]` says whether the model may see the token at position j when it predicts the one at position i: those that come
#    earlier in the order, never itself.
# 3. Text to text (T5, Raffel et al. 2020): `replace_spans` removes spans and lets the model write them down. `spans` are pairs
#    `(begin, end)` of positions, `end` not included, in order, not adjacent. In the inputs, each span is replaced by one
#    sentinel: `<extra_id_0>` for the first, `<extra_id_1>` for the second ... The targets are: each sentinel, followed by the
#    tokens of its span; then one more sentinel with the next number as the end.
# 4. Replaced-token detection (ELECTRA, Clark et al. 2020): a small generator guesses the tokens at some `positions`, and the
#    model says for every token whether it was replaced. `replaced_tokens` puts `guesses[k]` at `positions[k]` and returns
#    inputs and labels: 1 if the token differs from the original, else 0. A guess that is the original token has label 0.

# %% [markdown] lang="zh"
# BERT 只是预训练模型的一个家族。其他家族读同样的文本，预测的内容不同。请写四个小函数，每个家族一个。
# `tokens` 是字符串的列表，不要改动它。
#
# 1. 从左到右的语言模型（GPT，Radford et al. 2018）：`left_to_right` 返回输入和目标。每个位置的目标是下一个词元。
#    最后一个词元没有下一个，所以两个列表都比 `tokens` 少一项。
# 2. 排列语言模型（XLNet，Yang et al. 2019）：按位置的一个随机顺序 `order` 预测词元。`order = [2, 0, 1]` 表示先预测位置 2，
#    再预测位置 0，然后是位置 1。`permutation_mask` 返回布尔矩阵：`[i, j]` 表示预测位置 i 的词元时能否看到位置 j 的词元：
#    只能看到在顺序中更早的，不能看到自己。
# 3. 文本到文本（T5，Raffel et al. 2020）：`replace_spans` 去掉若干片段，让模型把它们写出来。
#    `spans` 是位置的对 `(begin, end)`，不含 `end`，按顺序排列，互不相邻。在输入中，每个片段换成一个哨兵：
#    第一个是 `<extra_id_0>`，第二个是 `<extra_id_1>`，依此类推。
#    目标是：每个哨兵后面跟着它的片段的词元；最后再加一个编号为下一个数的哨兵，表示结束。
# 4. 替换词元检测（ELECTRA，Clark et al. 2020）：一个小的生成器猜出若干位置 `positions` 上的词元，
#    模型要对每个词元判断它是否被替换过。`replaced_tokens` 把 `guesses[k]` 放到 `positions[k]`，返回输入和标签：
#    与原词元不同为 1，否则为 0。
#    如果猜的正好是原词元，标签是 0。

# %%
import numpy as np


def left_to_right(tokens):
    """tokens: list of S strings -> inputs, targets: lists of S - 1 strings"""
    ### BEGIN SOLUTION
    return tokens[:-1], tokens[1:]
    ### STARTER
    # # YOUR CODE HERE
    # raise NotImplementedError
    ### END SOLUTION


def permutation_mask(order):
    """order: int [S], the position that is predicted first, second, ... -> bool [S, S]"""
    ### BEGIN SOLUTION
    rank = np.argsort(order)  # rank[i]: when position i is predicted
    return rank[None, :] < rank[:, None]
    ### STARTER
    # # YOUR CODE HERE
    # raise NotImplementedError
    ### END SOLUTION


def replace_spans(tokens, spans):
    """tokens: list of S strings; spans: list of (begin, end) -> inputs, targets: lists of strings"""
    ### BEGIN SOLUTION
    inputs, targets, position = [], [], 0
    for number, (begin, end) in enumerate(spans):
        inputs += [*tokens[position:begin], f"<extra_id_{number}>"]
        targets += [f"<extra_id_{number}>", *tokens[begin:end]]
        position = end
    return inputs + tokens[position:], targets + [f"<extra_id_{len(spans)}>"]
    ### END SOLUTION


def replaced_tokens(tokens, positions, guesses):
    """tokens: list of S strings; positions: list of N ints; guesses: list of N strings -> inputs: S strings, labels: S ints"""
    ### BEGIN SOLUTION
    inputs = list(tokens)
    for position, guess in zip(positions, guesses):
        inputs[position] = guess
    return inputs, [int(token != original) for token, original in zip(inputs, tokens)]
    ### STARTER
    # # YOUR CODE HERE
    # raise NotImplementedError
    ### END SOLUTION


# %%
tokens = list("今天北京天气很好")
for name, example in (
    ("left to right", left_to_right(tokens)),
    ("text to text", replace_spans(tokens, [(2, 4), (6, 7)])),
    ("replaced tokens", replaced_tokens(tokens, [1, 3], ["天", "方"])),
):
    print(f"{name}:\n  {' '.join(example[0])}\n  {' '.join(map(str, example[1]))}")

# %%
order = np.random.default_rng(2).permutation(len(tokens))
print("order:", "".join(tokens[position] for position in order))
for position, row in enumerate(permutation_mask(order)):
    print(tokens[position], "sees", "".join(token if seen else "_" for token, seen in zip(tokens, row)))
