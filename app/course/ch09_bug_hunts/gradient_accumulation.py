# %% [markdown] lang="en"
# **Report.** "My machine has memory for 4 rows. So I train with `batch_size=4` and `accumulation_steps=16`, which should be
# the same as batches of 64 rows. But the weights are equal to the last digit to those of `batch_size=4` without
# accumulation. The loss is as noisy as before, and a colleague with a large machine, who really uses 64 rows, gets another
# curve. Only my log has fewer lines."
#
# The bug is in `train_epoch`; everything else is right. Find it and mend it. The function goes through the rows in order, in
# micro-batches of `batch_size` rows, and makes one optimizer step for each group of `accumulation_steps` micro-batches. It
# returns the loss of each step: the mean over the rows of the group.
#
# It is meant to give the same weights and losses as one large batch, that is,
# `train_epoch(..., batch_size=64, accumulation_steps=1)` is the same as
# `train_epoch(..., batch_size=4, accumulation_steps=16)`, up to rounding. This has to be true for any number of rows: the
# last group may have fewer micro-batches, and the last micro-batch fewer rows.
#
# These are well-known bugs: that the option has no effect, and that the result is nearly, but not quite, that of a large
# batch. The second kind was in widely used training libraries for years, until 2024. The cell before the check compares the
# program as you found it with yours.

# %% [markdown] lang="zh"
# **用户报告。** “我的机器内存只够放 4 行，所以用 `batch_size=4` 和 `accumulation_steps=16` 训练，这应该相当于一批 64 行。
# 可是得到的权重与不累积、只用 `batch_size=4` 的完全一样，连最后一位都相同。损失和以前一样抖动；同事的机器大，
# 真的用 64 行一批，他的曲线就不同。只有我的日志行数变少了。”
#
# 错误在 `train_epoch` 里，其他部分都是对的。请找到并改正。这个函数按顺序遍历各行，每个小批（micro-batch）有 `batch_size` 行，
# 每 `accumulation_steps` 个小批为一组，每组更新一次参数。返回每次更新的损失：这一组各行的平均。
#
# 它本来应该与一个大批得到相同的权重和损失，也就是说，除了舍入误差，`train_epoch(..., batch_size=64, accumulation_steps=1)` 与
# `train_epoch(..., batch_size=4, accumulation_steps=16)` 相同。对任何行数都应如此：最后一组的小批可以更少，
# 最后一个小批的行也可以更少。
#
# 这是两类常见的错误：一类是选项不起作用，另一类是结果与大批接近但不相等。第二类错误在一些广泛使用的训练库里存在了多年，
# 直到 2024 年才改正。检查之前的那个单元把原来的程序与你改正后的程序作比较。

# %%
import matplotlib.pyplot as plt
import numpy as np
import paddle
import paddle.nn as nn
import paddle.nn.functional as F

from app.course import save_picture


def train_epoch(model, optimizer, x, labels, batch_size, accumulation_steps):
    """x: float32 [N, D], labels: int64 [N] -> list: the loss of each optimizer step"""
    ### BEGIN SOLUTION
    losses, group_size = [], batch_size * accumulation_steps
    for begin in range(0, len(x), group_size):
        end = min(begin + group_size, len(x))
        total = 0.0
        for first in range(begin, end, batch_size):
            rows = slice(first, first + batch_size)
            loss = F.cross_entropy(model(x[rows]), labels[rows], reduction="sum") / (end - begin)
            loss.backward()
            total += float(loss)
        optimizer.step()
        optimizer.clear_grad()
        losses.append(total)
    return losses
    ### STARTER
    # losses, total = [], 0.0
    # for number, first in enumerate(range(0, len(x), batch_size), 1):
    #     rows = slice(first, first + batch_size)
    #     loss = F.cross_entropy(model(x[rows]), labels[rows])
    #     loss.backward()
    #     optimizer.step()
    #     optimizer.clear_grad()
    #     total += float(loss)
    #     if number % accumulation_steps == 0:
    #         losses.append(total / accumulation_steps)
    #         total = 0.0
    # return losses
    ### END SOLUTION


def make_rows(rows, seed):
    """-> x: float32 [rows, 20], labels: int64 [rows]"""
    generator = np.random.default_rng(seed)
    labels = generator.integers(0, 2, rows)
    x = generator.normal(size=[rows, 20]) + 0.3 * (2 * labels[:, None] - 1)
    return paddle.to_tensor(x, dtype="float32"), paddle.to_tensor(labels, dtype="int64")


def train(train_function, batch_size, accumulation_steps, epochs=6):
    """-> the loss of each optimizer step of all epochs, and the weights at the end: float32 [20, 2]"""
    x, labels = make_rows(256, seed=30)
    paddle.seed(6)
    model = nn.Linear(20, 2)
    optimizer = paddle.optimizer.SGD(1.0, parameters=model.parameters())
    losses = []
    for _ in range(epochs):
        losses += train_function(model, optimizer, x, labels, batch_size, accumulation_steps)
    return losses, model.weight.numpy().copy()


# %%
def train_epoch_as_found(model, optimizer, x, labels, batch_size, accumulation_steps):
    """The function before you changed it."""
    losses, total = [], 0.0
    for number, first in enumerate(range(0, len(x), batch_size), 1):
        rows = slice(first, first + batch_size)
        loss = F.cross_entropy(model(x[rows]), labels[rows])
        loss.backward()
        optimizer.step()
        optimizer.clear_grad()
        total += float(loss)
        if number % accumulation_steps == 0:
            losses.append(total / accumulation_steps)
            total = 0.0
    return losses


figure, axes = plt.subplots(figsize=(7, 3))
for name, train_function, style in (("as found", train_epoch_as_found, "o--"), ("yours", train_epoch, "o-")):
    large_losses, large = train(train_function, 64, 1)
    losses, accumulated = train(train_function, 4, 16)
    difference = float(abs(large - accumulated).max())
    print(f"{name:8}  last loss with 16 x 4 rows {losses[-1]:.4f}, with 64 rows {large_losses[-1]:.4f}; ", end="")
    print(f"largest difference of a weight {difference:.6f}")
    axes.plot(losses, style, markersize=3, label=f"{name}, 16 x 4 rows")
axes.plot(large_losses, "k:", linewidth=3, label="64 rows")
axes.set(xlabel="log line", ylabel="loss", ylim=(0, None))
axes.legend(fontsize=8)
save_picture(figure, "9_6_before_and_after.svg")
