"""Two hints, the reason of the solution, and where this project does the same."""

from app.course.texts import Text

HINTS = (
    Text(
        "Three steps: a score for each pair of tokens (a matrix product), a softmax, a weighted sum of the values (another "
        "matrix product). Write the shape behind each step.",
        "分三步：每对词元一个分数（矩阵乘法）、softmax、对 value 加权求和（又一次矩阵乘法）。请在每一步后面写出形状。",
    ),
    Text(
        "`paddle.matmul(query, key, transpose_y=True)` gives [B, S, S]. Divide it by `math.sqrt(D)` before `F.softmax(..., "
        "axis=-1)`.",
        "`paddle.matmul(query, key, transpose_y=True)` 得到 [B, S, S]。先除以 `math.sqrt(D)`，再做 `F.softmax(..., axis=-1)`。",
    ),
)
REASON = Text(
    "Row i of QKᵀ has the dot products of token i's query with all keys, so the softmax goes over the last axis: over the "
    "tokens that are looked at. The division keeps the scores near 1, whatever D is (exercise 2.2 measures it). The value is "
    "not part of the scores: what a token offers to be found by, and what it then gives, are learned separately.",
    "QKᵀ 的第 i 行是词元 i 的 query 与所有 key 的点积，所以 softmax 在最后一维上做，也就是在被看的词元上做。"
    "除法让分数保持在 1 左右，不论 D 多大（练习 2.2 会测量）。value 不参与打分：靠什么被找到、被找到后给出什么，是分开学习的。",
)
PROGRAM = Text(
    "paddle.nn.MultiHeadAttention, which the encoder of app/encoder/pretrained.py uses",
    "paddle.nn.MultiHeadAttention，app/encoder/pretrained.py 的编码器用的就是它",
)
