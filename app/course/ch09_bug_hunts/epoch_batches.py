# %% [markdown] lang="en"
# **Report.** "The loss falls below 0.1 in the first half of every epoch. Then it jumps to 3, and falls again. The accuracy
# on dev stays at 60 %; a colleague gets 83 % with the same model and the same file. More epochs and other seeds do not help.
# The file is fine: it has as many rows of label 0 as of label 1, first all of label 0, then all of label 1."
#
# The bug is in `epoch_batches`; everything else is right. Find it and mend it. The function is meant to keep this contract:
#
# * It returns a list of arrays: the row numbers of each batch. A batch has at most `batch_size` rows.
# * Every row occurs exactly once per epoch.
# * The order is random, and it depends on `seed` and `epoch` alone: the same two numbers give the same order in any program,
#   at any time; another epoch or another seed gives another order. Then a run can be repeated, and resumed at any epoch.
#
# Bugs with this effect are well known. They are found in published training scripts again and again, because such a run
# still trains, only worse. The cell before the check compares the program as you found it with yours.

# %% [markdown] lang="zh"
# **用户报告。** “每一轮（epoch）的前一半，损失降到 0.1 以下，然后跳到 3，再降下去。dev 准确率一直是 60%；同事用同样的模型、
# 同样的文件能得到 83%。多训练几轮、换随机种子都没有用。数据文件没有问题：标签 0 和标签 1 的行数一样多，先是所有标签 0 的行，
# 再是所有标签 1 的行。”
#
# 错误在 `epoch_batches` 里，其他部分都是对的。请找到并改正。这个函数本来应该满足：
#
# * 返回一个由数组组成的列表：每个数组是一批的行号。一批最多 `batch_size` 行。
# * 每一轮里，每一行恰好出现一次。
# * 顺序是随机的，并且只取决于 `seed` 和 `epoch`：这两个数相同，在任何程序、任何时候得到的顺序都相同；换一轮或换一个种子，
#   顺序就不同。这样训练才能复现，也才能从任意一轮恢复。
#
# 造成这种现象的错误很常见。公开发布的训练脚本里一再发现这样的错误，因为训练照样能进行，只是效果差一些。
# 检查之前的那个单元把原来的程序与你改正后的程序作比较。

# %%
import matplotlib.pyplot as plt
import numpy as np
import paddle
import paddle.nn as nn
import paddle.nn.functional as F

from app.course import save_picture


def epoch_batches(rows, batch_size, seed, epoch):
    """-> list of int64 arrays: the row numbers of each batch of this epoch"""
    ### BEGIN SOLUTION
    generator = np.random.default_rng([seed, epoch])
    order = generator.permutation(rows)
    return [order[begin : begin + batch_size] for begin in range(0, rows, batch_size)]
    ### STARTER
    # generator = np.random.default_rng([seed, epoch])
    # order = np.arange(rows)
    # generator.permutation(order)
    # return [order[begin : begin + batch_size] for begin in range(0, rows, batch_size)]
    ### END SOLUTION


def make_rows(rows, seed):
    """-> x: float32 [rows, 8], labels: int64 [rows]; sorted by label, like the user's file"""
    generator = np.random.default_rng(seed)
    labels = np.arange(rows) * 2 // rows  # 0 0 0 ... 1 1 1
    x = generator.normal(size=[rows, 8]) + 0.35 * (2 * labels[:, None] - 1)
    return paddle.to_tensor(x, dtype="float32"), paddle.to_tensor(labels, dtype="int64")


def train(batches_of, seed=1, epochs=4):
    """-> the loss of each step, and the accuracy on dev after each epoch: two lists"""
    (x, labels), (dev_x, dev_labels) = make_rows(512, seed=10), make_rows(200, seed=11)
    paddle.seed(seed)
    model = nn.Linear(8, 2)
    optimizer = paddle.optimizer.SGD(2.0, parameters=model.parameters())
    losses, accuracies = [], []
    for epoch in range(epochs):
        for rows in batches_of(512, 16, seed, epoch):
            loss = F.cross_entropy(model(x[rows]), labels[rows])
            loss.backward()
            optimizer.step()
            optimizer.clear_grad()
            losses.append(float(loss))
        accuracies.append(float((model(dev_x).argmax(axis=-1) == dev_labels).astype("float32").mean()))
    return losses, accuracies


# %%
def epoch_batches_as_found(rows, batch_size, seed, epoch):
    """The function before you changed it."""
    generator = np.random.default_rng([seed, epoch])
    order = np.arange(rows)
    generator.permutation(order)
    return [order[begin : begin + batch_size] for begin in range(0, rows, batch_size)]


figure, axes = plt.subplots(figsize=(7, 3))
for name, batches_of in (("as found", epoch_batches_as_found), ("yours", epoch_batches)):
    losses, accuracies = train(batches_of)
    shown = ", ".join(f"{100 * accuracy:.1f} %" for accuracy in accuracies)
    print(f"{name:8}  largest loss of the last epoch {max(losses[-32:]):.2f}; dev accuracy after each epoch: {shown}")
    axes.plot(losses, label=name)
axes.set(xlabel="step (32 per epoch)", ylabel="loss")
axes.legend()
save_picture(figure, "9_3_before_and_after.svg")
