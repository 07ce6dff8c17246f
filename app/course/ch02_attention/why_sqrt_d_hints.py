"""Two hints, the reason of the solution, and where this project does the same."""

from app.course.texts import Text

HINTS = (
    Text(
        "One matrix product gives all scores, [N, S]. The variance goes over all of them; the softmax goes over the keys.",
        "一次矩阵乘法得到所有分数，形状 [N, S]。方差对所有分数计算；softmax 在 key 上做。",
    ),
    Text(
        "`scores = paddle.matmul(query, key, transpose_y=True)`, with `math.sqrt(query.shape[-1])` for √d. `weights = "
        "F.softmax(scores, axis=-1)`; `scores.var()`, `weights.max(axis=-1).mean()`, `(weights * (1 - weights)).mean()`.",
        "`scores = paddle.matmul(query, key, transpose_y=True)`，√d 是 `math.sqrt(query.shape[-1])`。`weights = "
        "F.softmax(scores, axis=-1)`；`scores.var()`、`weights.max(axis=-1).mean()`、`(weights * (1 - weights)).mean()`。",
    ),
)
REASON = Text(
    "Variances of independent terms add up, so a sum of d products has the variance d and the standard deviation √d. Dividing "
    "by √d makes the standard deviation 1; dividing by d would make it 1/√d, and all weights would be nearly equal. With d = "
    "256 the scores have the standard deviation 16, and a difference of 16 makes the weights nearly one-hot: e to the power "
    "-16 is about 1e-7.",
    "独立的项相加，方差也相加，所以 d 个乘积之和的方差是 d，标准差是 √d。除以 √d，标准差变为 1；如果除以 d，标准差是 1/√d，"
    "所有权重会几乎相等。d = 256 时分数的标准差是 16，而相差 16 时权重已接近 one-hot：e 的 -16 次方大约是 1e-7。",
)
PROGRAM = Text(
    "paddle.nn.MultiHeadAttention, which app/encoder/from_scratch.py builds with heads of 64 numbers, so it divides by √64 = 8",
    "paddle.nn.MultiHeadAttention；app/encoder/from_scratch.py 建立的每个头有 64 个数，所以除以 √64 = 8",
)
