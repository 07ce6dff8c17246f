# %% [markdown] lang="en"
# An encoder reads a whole text. A decoder writes a text, one token after the other, so its layer differs in two ways:
#
# * Causal mask: in the self-attention, a position sees only itself and the positions before it. In training, all positions are
#   computed at the same time, and no position can look at the tokens that it has to predict.
# * Cross attention: a second attention looks at the encoder's output (`memory`). The queries come from the decoder, the keys
#   and values from `memory`. The memory is a finished text, so there is no causal mask here.
#
# Write two functions.
#
# 1. `causal_mask(length)`: a Boolean tensor [T, T]. Row `i`, column `j` is True if position `i` may look at position `j`.
# 2. `DecoderLayer.forward`: the self-attention with the causal mask, then the cross attention, then the feed-forward network.
#    After each of the three parts: add the part's input, then normalize (norm1, norm2, norm3), as in exercise 3.1. The
#    activation is `F.relu`, as in (Vaswani et al. 2017). Dropout is left out.
#
# Both attentions are called as `attention(query, key, value, attn_mask=mask)`; the output has one vector per query. `B` is the
# batch size, `T` the number of decoder tokens, `S` the number of encoder tokens, `H` the length of a vector. `memory_mask` is
# False at the padding of the encoder's text.

# %% [markdown] lang="zh"
# 编码器读完整的文本。解码器一个词元接一个词元地写出文本，所以它的层有两点不同：
#
# * 因果掩码：在自注意力里，一个位置只能看到自己和前面的位置。训练时所有位置同时计算，而任何位置都看不到它要预测的词元。
# * 交叉注意力：第二个注意力看编码器的输出（`memory`）。query 来自解码器，key 和 value 来自 `memory`。
#   `memory` 是已经完成的文本，所以这里没有因果掩码。
#
# 请写出两个函数。
#
# 1. `causal_mask(length)`：布尔张量 [T, T]。如果位置 `i` 可以看位置 `j`，第 `i` 行第 `j` 列就是 True。
# 2. `DecoderLayer.forward`：先是带因果掩码的自注意力，再是交叉注意力，最后是前馈网络。
#    三个部分的每一个之后：加上该部分的输入，再归一化（norm1、norm2、norm3），与练习 3.1 相同。
#    激活函数是 `F.relu`，与 (Vaswani et al. 2017) 相同。这里省略 dropout。
#
# 两个注意力都这样调用：`attention(query, key, value, attn_mask=mask)`；每个 query 对应一个输出向量。
# `B` 是批大小，`T` 是解码器的词元数，`S` 是编码器的词元数，`H` 是向量长度。`memory_mask` 在编码器文本的填充处为 False。

# %%
import paddle
import paddle.nn as nn
import paddle.nn.functional as F


def causal_mask(length):
    """length: int T -> bool [T, T]"""
    ### BEGIN SOLUTION
    positions = paddle.arange(length)
    query = positions.unsqueeze(1)  # [T, 1]
    key = positions.unsqueeze(0)  # [1, T]
    may_look = key <= query  # [T, T]
    return may_look
    ### END SOLUTION


class DecoderLayer(nn.Layer):
    def __init__(self, hidden, heads, inner):
        super().__init__()
        self.self_attn = nn.MultiHeadAttention(hidden, heads)
        self.norm1 = nn.LayerNorm(hidden)
        self.cross_attn = nn.MultiHeadAttention(hidden, heads)
        self.norm2 = nn.LayerNorm(hidden)
        self.linear1 = nn.Linear(hidden, inner)
        self.linear2 = nn.Linear(inner, hidden)
        self.norm3 = nn.LayerNorm(hidden)

    def forward(self, x, memory, memory_mask=None):
        """x: float32 [B, T, H], memory: float32 [B, S, H], memory_mask: bool [B, 1, 1, S] or None -> float32 [B, T, H]"""
        ### BEGIN SOLUTION
        attended = self.self_attn(x, x, x, attn_mask=causal_mask(x.shape[1]))  # [B, T, H]
        x = self.norm1(x + attended)
        found = self.cross_attn(x, memory, memory, attn_mask=memory_mask)  # [B, T, H]
        x = self.norm2(x + found)
        output = self.linear2(F.relu(self.linear1(x)))  # [B, T, H]
        return self.norm3(x + output)
        ### END SOLUTION


# %% [markdown] lang="en"
# Which input can change which output? One token is changed at a time, first of the decoder's text (4 tokens), then of the
# encoder's text (5 tokens). Rows are output positions, columns are changed tokens, 1 means that the output changes.

# %% [markdown] lang="zh"
# 哪个输入能改变哪个输出？每次只改变一个词元：先是解码器的文本（4 个词元），再是编码器的文本（5 个词元）。
# 行是输出位置，列是被改变的词元，1 表示输出变了。


# %%
def influence(function, text):
    """function: float32 [1, length, H] -> float32 [1, T, H], text: float32 [1, length, H] -> int [T, length]"""
    columns = []
    for position in range(text.shape[1]):
        changed = text.clone()
        changed[:, position] = changed[:, position] + paddle.randn([text.shape[2]])
        difference = (function(changed) - function(text)).abs().max(axis=-1)  # [1, T]
        columns.append((difference[0] > 1e-5).astype("int32"))
    return paddle.stack(columns, axis=1).numpy()


paddle.seed(0)
layer = DecoderLayer(hidden=32, heads=4, inner=128)
layer.eval()
target, memory = paddle.randn([1, 4, 32]), paddle.randn([1, 5, 32])
print("decoder tokens:\n", influence(lambda text: layer(text, memory), target))
print("encoder tokens:\n", influence(lambda text: layer(target, text), memory))

# %% [markdown] lang="en"
# A longer text does not change the vectors of its beginning. So one pass over the whole text gives what writing token by token
# would give.

# %% [markdown] lang="zh"
# 文本变长，开头部分的向量不变。所以对整个文本计算一遍，与逐个词元生成的结果相同。

# %%
whole = layer(target, memory)
for length in range(1, 5):
    prefix = layer(target[:, :length], memory)  # [1, length, H]
    print(f"last vector of the first {length} tokens: difference {float((prefix[:, -1] - whole[:, length - 1]).abs().max()):.1e}")
