# %% [markdown] lang="en"
# BERT reads one text or two texts as one list of tokens, with two special tokens:
#
# * `[CLS]` is the first token. It stands for no word. Its vector after the last layer is used for the whole input: for example,
#   to classify a pair of texts.
# * `[SEP]` ends each text.
#
# | | |
# |---|---|
# | one text | `[CLS] A [SEP]`, all `token_type_ids` are 0 |
# | two texts | `[CLS] A [SEP] B [SEP]`; `[CLS]`, A and the first `[SEP]` have 0, B and the last `[SEP]` have 1 |
#
# Write two functions.
#
# 1. `build_inputs(tokens_a, tokens_b=None)` gets lists of tokens and returns the list of all tokens and the list of
#    `token_type_ids`. Do not change the lists that you get. (Exercise 7.1 adds truncation.)
# 2. `cls_vector(tokens, token_type_ids)` gets these two lists and returns the vector of `[CLS]` after the last layer.
#    `tokenizer.convert_tokens_to_ids(tokens)` gives the ids. `model(input_ids, token_type_ids)` takes int64 tensors [1, S] and
#    returns two tensors: the vectors of all tokens [1, S, H], and the pooled vector [1, H] (the vector of `[CLS]`, after one
#    more layer). `S` is the number of tokens, `H` the length of a vector.

# %% [markdown] lang="zh"
# BERT 把一个或两个文本读成一个词元列表，其中有两个特殊词元：
#
# * `[CLS]` 是第一个词元，不代表任何词。它在最后一层之后的向量用来代表整个输入，例如给句对分类。
# * `[SEP]` 是每个文本的结尾。
#
# | | |
# |---|---|
# | 一个文本 | `[CLS] A [SEP]`，所有 `token_type_ids` 都是 0 |
# | 两个文本 | `[CLS] A [SEP] B [SEP]`；`[CLS]`、A 和第一个 `[SEP]` 是 0，B 和最后一个 `[SEP]` 是 1 |
#
# 请写出两个函数。
#
# 1. `build_inputs(tokens_a, tokens_b=None)`：输入是词元列表，返回全部词元的列表和 `token_type_ids` 的列表。
#    不要改动传入的列表。（截断在练习 7.1。）
# 2. `cls_vector(tokens, token_type_ids)`：输入是上面两个列表，返回 `[CLS]` 在最后一层之后的向量。
#    `tokenizer.convert_tokens_to_ids(tokens)` 给出编号。`model(input_ids, token_type_ids)` 的输入是 int64 张量 [1, S]，
#    返回两个张量：所有词元的向量 [1, S, H]，以及 pooled 向量 [1, H]（`[CLS]` 的向量再经过一层）。`S` 是词元数，`H` 是向量长度。

# %%
import paddle
import paddle.nn.functional as F
from paddlenlp.transformers import AutoModel, AutoTokenizer

from app.course import ROOT

tokenizer = AutoTokenizer.from_pretrained(f"{ROOT}/data/models/bert-mini-zh")
model = AutoModel.from_pretrained(f"{ROOT}/data/models/bert-mini-zh")
model.eval()


def build_inputs(tokens_a, tokens_b=None):
    """tokens_a: list of str, tokens_b: list of str or None -> tokens: list of str, token_type_ids: list of int"""
    ### BEGIN SOLUTION
    tokens = ["[CLS]", *tokens_a, "[SEP]"]
    token_type_ids = [0] * len(tokens)
    if tokens_b is not None:
        tokens += [*tokens_b, "[SEP]"]
        token_type_ids += [1] * (len(tokens_b) + 1)
    return tokens, token_type_ids
    ### END SOLUTION


def cls_vector(tokens, token_type_ids):
    """tokens: list of str, token_type_ids: list of int -> float32 [H]"""
    ### BEGIN SOLUTION
    input_ids = paddle.to_tensor([tokenizer.convert_tokens_to_ids(tokens)])  # [1, S]
    segments = paddle.to_tensor([token_type_ids])  # [1, S]
    with paddle.no_grad():
        vectors, pooled = model(input_ids, segments)  # [1, S, H], [1, H]
    return vectors[0, 0]
    ### END SOLUTION


# %% [markdown] lang="en"
# The tokenizer of PaddleNLP builds the same list.

# %% [markdown] lang="zh"
# PaddleNLP 的分词器会构建同样的列表。

# %%
text_a, text_b = "他病了", "他去了医院"
tokens, token_type_ids = build_inputs(tokenizer.tokenize(text_a), tokenizer.tokenize(text_b))
print(" ".join(tokens))
print(token_type_ids)
encoded = tokenizer(text_a, text_b)
same = encoded["input_ids"] == tokenizer.convert_tokens_to_ids(tokens) and encoded["token_type_ids"] == token_type_ids
print("the same as the tokenizer:", same)

# %% [markdown] lang="en"
# `[CLS]` sees both texts. A stays the same, B changes, and the vector of `[CLS]` changes. The number is the cosine with the
# vector of the first pair.

# %% [markdown] lang="zh"
# `[CLS]` 能看到两个文本。A 不变，B 变了，`[CLS]` 的向量也变了。数字是它与第一个句对的向量的余弦相似度。


# %%
def pair_vector(a, b):
    """-> the vector of [CLS] of a pair of texts: float32 [H]"""
    return cls_vector(*build_inputs(tokenizer.tokenize(a), tokenizer.tokenize(b)))


first = pair_vector(text_a, text_b)
for other in ("他去了医院", "她去了医院", "他去了学校", "系统默认安装在该目录下"):
    print(f"{text_a} | {other}: {float(F.cosine_similarity(first, pair_vector(text_a, other), axis=0)):.3f}")

# %% [markdown] lang="en"
# `[SEP]` and the segments mark where A ends. Here are two pairs with the same characters and another border. Without `[SEP]`
# and segments, both inputs are the same, and no model could tell the pairs apart.

# %% [markdown] lang="zh"
# `[SEP]` 和片段编号标出 A 在哪里结束。下面两个句对的字完全相同，只是分界不同。
# 没有 `[SEP]` 和片段编号，两个输入就完全一样，任何模型都无法区分它们。

# %%
one = build_inputs(list("他不在家"), list("里有人"))  # he is not at home | there is somebody in it
two = build_inputs(list("他不在"), list("家里有人"))  # he is not there | there is somebody at home
for tokens, _ in (one, two):
    print(" ".join(tokens))
without = [[token for token in tokens if token != "[SEP]"] for tokens, _ in (one, two)]
print("without [SEP] and segments the inputs are equal:", without[0] == without[1])
difference = float((cls_vector(*one) - cls_vector(*two)).abs().max())
print(f"with both, the largest difference of the two [CLS] vectors is {difference:.3f}")
