# %% [markdown] lang="en"
# The sentences of a batch have different lengths, so short ones are filled up with the token `[PAD]`. Padding must not change the
# result: no token may take anything from it. A **mask** does that. It is added to the scores before the softmax: 0 for a token, a
# very negative number for padding. The exponential of a very negative number is 0, so padding gets the weight 0.
#
# Write two functions:
#
# * `padding_mask(input_ids, pad_id)`: `input_ids` is `[B, S]`, `pad_id` is the id of `[PAD]`. Returns the mask
#   `[B, 1, 1, S]`: 0 at tokens, -1e4 at padding (PaddleNLP uses this number; -1e9 or minus infinity are right too). The two axes
#   of length 1 stand for the heads and the queries: the same mask holds for all of them.
# * `masked_attention(query, key, value, mask)`: the attention of exercise 2.1, for `[B, heads, S, D]` and with the mask. Returns
#   the output `[B, heads, S, D]` and the weights `[B, heads, S, S]`.

# %% [markdown] lang="zh"
# 一批里的句子长短不同，短句要用词元 `[PAD]` 填充。填充不能影响结果：任何词元都不能从填充取得信息。这要靠**掩码**。
# 掩码在 softmax 之前加到分数上：词元处为 0，填充处是一个绝对值很大的负数。e 的这个数次方是 0，
# 所以填充的权重为 0。
#
# 请写两个函数：
#
# * `padding_mask(input_ids, pad_id)`：`input_ids` 的形状是 `[B, S]`，`pad_id` 是 `[PAD]` 的 id。返回掩码 `[B, 1, 1, S]`：
#   词元处为 0，填充处为 -1e4（PaddleNLP 用的就是这个数；-1e9 或负无穷也可以）。长度为 1 的两维对应头和 query：
#   所有的头、所有的 query 都用同样的掩码。
# * `masked_attention(query, key, value, mask)`：就是练习 2.1 的注意力，只是形状为 `[B, heads, S, D]`，并且加上掩码。
#   返回输出 `[B, heads, S, D]` 和权重 `[B, heads, S, S]`。

# %%
import math

import paddle
import paddle.nn.functional as F


def padding_mask(input_ids, pad_id):
    """input_ids: int64 [B, S], pad_id: int -> float32 [B, 1, 1, S]"""
    ### BEGIN SOLUTION
    batch, length = input_ids.shape
    is_padding = input_ids == pad_id  # bool [B, S]
    mask = is_padding.astype("float32") * -1e4
    mask = mask.reshape([batch, 1, 1, length])
    return mask
    ### END SOLUTION


def masked_attention(query, key, value, mask):
    """query, key, value: float32 [B, heads, S, D], mask: float32 [B, 1, 1, S] -> output: like query, weights: [B, heads, S, S]"""
    ### BEGIN SOLUTION
    scores = paddle.matmul(query, key, transpose_y=True)  # [B, heads, S, S]
    scores = scores / math.sqrt(query.shape[-1])
    scores = scores + mask  # the same mask for each head and each query
    weights = F.softmax(scores, axis=-1)
    output = paddle.matmul(weights, value)  # [B, heads, S, D]
    return output, weights
    ### END SOLUTION


# %% [markdown] lang="en"
# The same sentence of three tokens, with one `[PAD]` and with three. With the mask the output of its tokens does not depend on
# the padding; without it, it does.

# %% [markdown] lang="zh"
# 同一个有三个词元的句子，分别填充一个和三个 `[PAD]`。有掩码时，词元的输出与填充无关；没有掩码时则有关。

# %%
paddle.seed(0)
pad_id = 0
table = paddle.randn([20, 8])
short = paddle.to_tensor([[2, 7, 3, pad_id]])
long = paddle.to_tensor([[2, 7, 3, pad_id, pad_id, pad_id]])
print("mask:", padding_mask(short, pad_id).numpy().tolist())

for name, masked in (("with the mask", True), ("without the mask", False)):
    outputs = []
    for input_ids in (short, long):
        vectors = table[input_ids].unsqueeze(1)  # [1, heads = 1, S, 8]
        mask = padding_mask(input_ids, pad_id) if masked else paddle.zeros([1, 1, 1, input_ids.shape[1]])
        output, weights = masked_attention(vectors, vectors, vectors, mask)
        outputs.append(output[0, 0, :3])
        print(f"{name}, weights of the second token:", weights[0, 0, 1].numpy().round(3))
    print(f"{name}, largest difference of the outputs: {float((outputs[0] - outputs[1]).abs().max()):.4f}")
