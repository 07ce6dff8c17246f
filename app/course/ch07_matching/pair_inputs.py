# %% [markdown] lang="en"
# A model that compares two texts reads them as one row of tokens, in this order:
#
# | tokens | `[CLS]` | 怎 | 么 | 还 | 款 | `[SEP]` | 如 | 何 | 还 | `[SEP]` |
# |---|---|---|---|---|---|---|---|---|---|---|
# | `token_type_ids` | 0 | 0 | 0 | 0 | 0 | 0 | 1 | 1 | 1 | 1 |
#
# The `token_type_ids` (segment ids) are 0 from `[CLS]` to the first `[SEP]`, and 1 for the second text and the last `[SEP]`.
# Libraries do this in one call. Here you write it by hand.
#
# 1. `convert_example(example, tokenizer, max_seq_length)`: `query` and `title` are already lists of tokens. The row may have at
#    most `max_seq_length` tokens, and the three special tokens count. If it is too long, truncate longest-first: remove the last
#    token of the longer text, again and again, until the row fits. If both texts have the same length, the title loses the token.
#    Return `input_ids` and `token_type_ids`, two lists of integers of the same length.
#    `tokenizer.convert_tokens_to_ids(tokens)` gives the ids.
# 2. `pad_batch(rows, pad_id)`: `rows` is a list of pairs `(input_ids, token_type_ids)` of different lengths. Return both as
#    integer arrays `[B, S]`; `S` is the length of the longest row. Shorter rows get padding at their end: `pad_id` in
#    `input_ids`, 0 in `token_type_ids`. Do not change the lists in `rows`: the next epoch uses them again.

# %% [markdown] lang="zh"
# 比较两段文本的模型把它们当作一行词元来读，顺序如下：
#
# | 词元 | `[CLS]` | 怎 | 么 | 还 | 款 | `[SEP]` | 如 | 何 | 还 | `[SEP]` |
# |---|---|---|---|---|---|---|---|---|---|---|
# | `token_type_ids` | 0 | 0 | 0 | 0 | 0 | 0 | 1 | 1 | 1 | 1 |
#
# `token_type_ids`（句段编号）从 `[CLS]` 到第一个 `[SEP]` 都是 0，第二段文本和最后的 `[SEP]` 是 1。
# 库里只要调用一次就能完成，这里请你自己动手写。
#
# 1. `convert_example(example, tokenizer, max_seq_length)`：`query` 和 `title` 已经是词元列表。
#    一行最多有 `max_seq_length` 个词元，三个特殊词元也计算在内。太长时按“最长优先”截断：
#    反复去掉较长文本的最后一个词元，直到放得下为止；两段一样长时，去掉 title 的。
#    返回 `input_ids` 和 `token_type_ids`，即两个等长的整数列表。用 `tokenizer.convert_tokens_to_ids(tokens)` 得到编号。
# 2. `pad_batch(rows, pad_id)`：`rows` 是 `(input_ids, token_type_ids)` 的列表，各行长度不同。返回两个整数数组 `[B, S]`，
#    `S` 是最长一行的长度。较短的行在末尾填充：`input_ids` 填 `pad_id`，`token_type_ids` 填 0。
#    不要改动 `rows` 里的列表：下一轮训练还要用它们。

# %%
import numpy as np
from paddlenlp.transformers import AutoTokenizer

from app.course import ROOT


def convert_example(example, tokenizer, max_seq_length):
    """example: {"query": str, "title": str} -> input_ids: list of int, token_type_ids: list of int"""
    query = tokenizer.tokenize(example["query"])
    title = tokenizer.tokenize(example["title"])
    ### BEGIN SOLUTION
    while len(query) + len(title) > max_seq_length - 3:
        longer = query if len(query) > len(title) else title
        longer.pop()
    tokens = [tokenizer.cls_token, *query, tokenizer.sep_token, *title, tokenizer.sep_token]
    token_type_ids = [0] * (len(query) + 2) + [1] * (len(title) + 1)
    return tokenizer.convert_tokens_to_ids(tokens), token_type_ids
    ### END SOLUTION


def pad_batch(rows, pad_id):
    """rows: list of (input_ids, token_type_ids) -> input_ids: int64 [B, S], token_type_ids: int64 [B, S]"""
    ### BEGIN SOLUTION
    shape = len(rows), max(len(ids) for ids, _ in rows)
    input_ids, token_type_ids = np.full(shape, pad_id), np.full(shape, 0)
    for row, (ids, segments) in enumerate(rows):
        input_ids[row, : len(ids)] = ids
        token_type_ids[row, : len(ids)] = segments
    return input_ids, token_type_ids
    ### END SOLUTION


# %%
tokenizer = AutoTokenizer.from_pretrained(f"{ROOT}/data/models/bert-mini-zh")
pair = {"query": "我的信用卡昨天被机器吞了应该怎么办", "title": "银行卡被吞了怎么办"}
for max_seq_length in (32, 16, 10):
    input_ids, token_type_ids = convert_example(pair, tokenizer, max_seq_length)
    library = tokenizer(pair["query"], text_pair=pair["title"], max_length=max_seq_length, truncation=True)
    same = (library["input_ids"], library["token_type_ids"]) == (list(input_ids), list(token_type_ids))
    print(f"max_seq_length {max_seq_length}: {len(input_ids)} tokens, as in PaddleNLP: {same}")
    print(" ", *tokenizer.convert_ids_to_tokens(input_ids))

# %%
pairs = [pair, {"query": "怎么还款", "title": "如何还款"}, {"query": "今天天气好吗", "title": "明天下雨吗"}]
rows = [convert_example(example, tokenizer, 32) for example in pairs]
input_ids, token_type_ids = pad_batch(rows, tokenizer.pad_token_id)
print(input_ids)
print(token_type_ids)
padding = (np.array(input_ids) == tokenizer.pad_token_id).mean()
print(f"padding: {padding:.0%} of the tokens of this batch")
