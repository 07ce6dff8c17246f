"""Two hints, the reason of the solution, and where this project does the same."""

from app.course.texts import Text

HINTS = (
    Text(
        "Compute the loss of one batch by hand: how many numbers are in the sum that are not 0, and by how many is the sum "
        "divided? Then pad the batch further and compute both again.",
        "请手算一批数据的损失：求和时有多少个数不为 0，总和又除以了多少？把这一批再填充得长一些，再算一遍。",
    ),
    Text(
        "`.mean()` divides by all B × S positions, also by those that were multiplied by 0. Divide the sum by the number of "
        "tokens: `(each * is_token).sum() / is_token.sum()`. (`F.cross_entropy(..., ignore_index=PAD)` does so, too; but with a "
        "negative `ignore_index`, as the usual -100, its mean divides by all positions in Paddle 3.3.)",
        "`.mean()` 除以全部 B × S 个位置，包括乘了 0 的位置。应该用总和除以词元的个数："
        "`(each * is_token).sum() / is_token.sum()`。（`F.cross_entropy(..., ignore_index=PAD)` 也是这样算的；"
        "但 `ignore_index` 为负数时，例如常用的 -100，Paddle 3.3 的平均会除以全部位置数。）",
    ),
)
REASON = Text(
    "A mask makes the padding's terms 0, but `mean` still counts them, so the loss is multiplied by the share of tokens. The "
    "share differs between batches, so the gradient is multiplied by a number that changes too: with SGD, texts with much "
    "padding are learned more slowly. A mean over tokens is a ratio of two sums; over several micro-batches, or processes, "
    "add both sums before you divide. To find such a bug, pad a batch further: no loss may change.",
    "掩码把填充位置的项变成 0，但 `mean` 仍然把它们计入个数，所以损失乘上了词元所占的比例。各批的比例不同，"
    "梯度也就乘上了一个变化的数：用 SGD 时，填充多的文本学得更慢。对词元的平均是两个和之比；有多个小批或多个进程时，"
    "应先把两个和分别加起来再相除。要发现这种错误，只需把一批数据填充得更长：损失不应改变。",
)
PROGRAM = Text(
    "app/pretrain/task.py, `PretrainTask.steps` and `loss`: the sum over the predicted tokens is divided by their number in "
    "the whole step; padding is never predicted",
    "app/pretrain/task.py 的 `PretrainTask.steps` 和 `loss`：对被预测的词元求和，再除以整个训练步里它们的个数；"
    "填充位置从不参与预测",
)
