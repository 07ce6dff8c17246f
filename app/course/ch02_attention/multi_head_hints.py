"""Two hints, the reason of the solution, and where this project does the same."""

from app.course.texts import Text

HINTS = (
    Text(
        "The last axis is cut into heads, so first give the heads an axis of their own where they are: [B, S, heads, H / "
        "heads]. Then swap two axes. To merge, do the same steps backwards.",
        "被切开的是最后一维，所以先在原来的位置给头单独一维：[B, S, heads, H / heads]，再交换两维。合并时倒过来做同样的步骤。",
    ),
    Text(
        "`hidden.reshape([batch, length, heads, size // heads]).transpose([0, 2, 1, 3])`; and `split.transpose([0, 2, 1, "
        "3]).reshape([batch, length, heads * per_head])`.",
        "`hidden.reshape([batch, length, heads, size // heads]).transpose([0, 2, 1, 3])`；以及 `split.transpose([0, 2, 1, "
        "3]).reshape([batch, length, heads * per_head])`。",
    ),
)
REASON = Text(
    "In memory the numbers of one token lie side by side. A reshape to [B, heads, S, H / heads] has the right shape, but it "
    "cuts this row of numbers in order, so a head gets all numbers of some tokens in place of some numbers of all tokens. "
    "There is no error, and the model even learns something. More heads do not cost more: each head has H / heads numbers, so "
    "the products together have as many multiplications as with one head.",
    "在内存里，同一个词元的数挨在一起。直接 reshape 成 [B, heads, S, H / heads]，形状是对的，但它按顺序切开这串数，"
    "于是一个头得到的是部分词元的全部数，而不是全部词元的部分数。程序不会报错，模型甚至还能学到一些东西。"
    "头多了并不更费：每个头只有 H / heads 个数，乘法的总次数与一个头时相同。",
)
PROGRAM = Text(
    "paddle.nn.MultiHeadAttention; app/encoder/from_scratch.py sets the number of heads (hidden // 64)",
    "paddle.nn.MultiHeadAttention；app/encoder/from_scratch.py 设定头的个数（hidden // 64）",
)
