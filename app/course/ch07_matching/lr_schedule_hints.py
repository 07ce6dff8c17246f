"""Two hints, the reason of the solution, and where this project does the same."""

from app.course.texts import Text

HINTS = (
    Text(
        "Compute the two numbers T (all steps) and W (warm-up steps) first. Then there are two cases, step < W and the others. "
        "What keeps the second case from getting negative?",
        "先算出两个数：T（总步数）和 W（预热步数）。然后分两种情况：step < W 和其他。怎样让第二种情况不会变成负数？",
    ),
    Text(
        "`warmup_steps = int(total_steps * warmup_proportion)`; for `step < warmup_steps` return `peak * step / warmup_steps`, "
        "else `peak * max(0, total_steps - step) / (total_steps - warmup_steps)`. The `<` also avoids a division by 0 without "
        "warm-up.",
        "`warmup_steps = int(total_steps * warmup_proportion)`；`step < warmup_steps` 时返回 `peak * step / warmup_steps`，"
        "否则返回 `peak * max(0, total_steps - step) / (total_steps - warmup_steps)`。用 `<` 还能避免没有预热时除以 0。",
    ),
)
REASON = Text(
    "Both lines meet at step W, where the factor is 1 from either side. The warm-up is a share of the steps, because a step is "
    "what changes the weights; an epoch is any number of steps. In the first steps the head's gradients are large and random, "
    "and Adam's running means have seen few of them, so small steps protect what pretraining has learned. The decay lets the "
    "weights settle: with a constant rate they would keep jumping around the minimum. The mean rate is about half of the peak, "
    "however long the warm-up is.",
    "两段直线在第 W 步相接，从两边看系数都是 1。预热按步数的比例计算，因为改变权重的是每一步，而一轮可以有任意多步。"
    "最初几步里，分类层的梯度又大又随机，Adam 的滑动平均也只见过很少的梯度，小步子能保护预训练学到的东西。"
    "衰减让权重稳定下来：如果学习率不变，权重会一直在极小值附近跳动。不论预热多长，平均学习率都大约是峰值的一半。",
)
PROGRAM = Text(
    "app/train/lr_schedule.py: `linear_warmup_decay`. Its warm-up is (s + 1) / W, so step 0 learns something, too",
    "app/train/lr_schedule.py 里的 `linear_warmup_decay`。它的预热是 (s + 1) / W，所以第 0 步也能学到东西",
)
