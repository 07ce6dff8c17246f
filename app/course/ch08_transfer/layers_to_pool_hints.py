"""Two hints, the reason of the solution, and where this project does the same."""

from app.course.texts import Text

HINTS = (
    Text(
        "First mix the layers into one tensor [B, S, H], then take the mean over the tokens once. For the mean, multiply by "
        "the mask with shape [B, S, 1] before you sum over axis 1.",
        "先把几层混合成一个 [B, S, H] 张量，最后只做一次对词元的平均。求平均时，先乘以形状为 [B, S, 1] 的掩码，再在 axis 1 "
        "上求和。",
    ),
    Text(
        'With `kept = mask.unsqueeze(-1).astype("float32")` the mean is `(mixed * kept).sum(axis=1) / kept.sum(axis=1)`. '
        "The layers are [-1], [-2, -1] or [1, -1]; divide by their number. For the weights, divide by `sum(weights)`.",
        '令 `kept = mask.unsqueeze(-1).astype("float32")`，平均就是 `(mixed * kept).sum(axis=1) / kept.sum(axis=1)`。'
        "层号是 [-1]、[-2, -1] 或 [1, -1]，要除以层数。加权时要除以 `sum(weights)`。",
    ),
)
REASON = Text(
    "The vectors of padding are not zero: the encoder computes something at each position. A plain mean would depend on how "
    "long the other texts of the batch are, so the same text would get another vector in another batch. The mask has to be in "
    "both sums. Mixing the layers first and pooling once gives the same as pooling each layer, because both are linear. The last "
    "layer need not be the best: it has specialised in the pretraining tasks. Which layers are best is decided on a dev set.",
    "填充位置的向量不是 0：编码器在每个位置都会算出数值。直接求平均会受同批其他文本长度的影响，"
    "同一段文本换一个批就得到另一个向量。分子和分母两个求和都要用掩码。先混合各层再池化一次，与每层分别池化再混合结果相同，"
    "因为两步都是线性的。最后一层不一定最好：它专门适应了预训练任务。用哪几层要在开发集上决定。",
)
PROGRAM = Text(
    "app/match/model.py, which reads a pair together and takes the pooler's output, or [CLS] if there is no pooler",
    "app/match/model.py：它把两段文本一起读入，取 pooler 的输出；没有 pooler 时取 [CLS]",
)
