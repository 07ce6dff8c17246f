"""Two hints, the reason of the solution, and where this project does the same."""

from app.course.texts import Text

HINTS = (
    Text(
        "Column 2i and column 2i + 1 have the same angle. Compute the angles first: a column of positions times a row of H/2 "
        "frequencies.",
        "第 2i 列和第 2i + 1 列的角度相同。先算角度：一列位置乘以一行 H/2 个频率。",
    ),
    Text(
        "`frequency = 10000.0 ** (-np.arange(0, hidden, 2) / hidden)`, `angles = np.arange(positions)[:, None] * frequency`. "
        "Then `table[:, 0::2] = np.sin(angles)`, and the cosine into `table[:, 1::2]`.",
        "`frequency = 10000.0 ** (-np.arange(0, hidden, 2) / hidden)`，`angles = np.arange(positions)[:, None] * frequency`。"
        "然后 `table[:, 0::2] = np.sin(angles)`，把余弦放进 `table[:, 1::2]`。",
    ),
)
REASON = Text(
    "Each pair of columns is a point on a circle, and each circle turns at another speed, from 1 radian per position to about "
    "1/10000. Moving by k positions turns each circle by a fixed angle, wherever it starts; the dot product of two rows is "
    "the sum of cos(k · frequency), in which the position itself does not occur. With sine alone this would not hold. Vaswani "
    "et al. (2017) measured nearly the same quality with both kinds; BERT learns its table, so a text is limited to 512 "
    "tokens.",
    "每两列是圆上的一个点，每个圆的转速不同，从每个位置 1 弧度到大约 1/10000 弧度。移动 k 个位置，每个圆都转过固定的角度，"
    "与起点无关；"
    "两行的点积是 cos(k · 频率) 之和，里面没有位置本身。只用正弦就没有这个性质。Vaswani et al. (2017) "
    "测得两种方法的质量几乎相同；"
    "BERT 学习它的表，所以文本最多 512 个词元。",
)
PROGRAM = Text(
    "`sinusoids` in app/encoder/from_scratch.py: learned position embeddings start with these values and are trained further",
    "app/encoder/from_scratch.py 里的 `sinusoids`：可学习的位置编码从这些值开始，然后继续训练",
)
