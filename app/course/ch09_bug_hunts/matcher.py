# %% [markdown] lang="en"
# **Report.** "My matcher gets two numbers for each pair. The texts match if both numbers are positive or both are negative.
# A network with one hidden layer has to learn that easily. But the loss stays near 0.7 for 200 steps. And when I evaluate
# the trained model twice on the same pairs, without dropout and without any step in between, I get two different accuracies."
#
# The bug is in the class `Matcher`; everything else is right. Find it and mend it. The model is meant to be
#
# $$\text{logits} = \tanh(x W_1 + b_1) W_2 + b_2$$
#
# `Matcher(size, hidden)` is built with the length of `x` and of the hidden layer; the output has 2 logits. `train` gives the
# model's parameters to the optimizer before the first step, as usual. The cell before the check compares the program as you
# found it with yours.
#
# This is a well-known kind of bug: the forums of the deep learning libraries have many questions about it. Nothing raises an
# error, and the loss even moves.

# %% [markdown] lang="zh"
# **用户报告。** “我的匹配模型对每个句对有两个输入数。两个数同为正或同为负，两段文本就匹配。有一个隐藏层的网络应该很容易学会。
# 可是训练 200 步，损失一直在 0.7 左右。而且训练完以后，在同样的句对上评估两次，没有 dropout，中间也没有更新参数，
# 两次的准确率却不一样。”
#
# 错误在 `Matcher` 类里，其他部分都是对的。请找到并改正。模型本来应该是
#
# $$\text{logits} = \tanh(x W_1 + b_1) W_2 + b_2$$
#
# `Matcher(size, hidden)` 的参数是 `x` 的长度和隐藏层的长度；输出有 2 个 logits。`train` 和通常一样，
# 在第一步之前把模型的参数交给优化器。检查之前的那个单元把原来的程序与你改正后的程序作比较。
#
# 这是一类很常见的错误：各个深度学习框架的论坛上都有很多这样的提问。程序不会报错，损失甚至还在变动。

# %%
import matplotlib.pyplot as plt
import numpy as np
import paddle
import paddle.nn as nn
import paddle.nn.functional as F

from app.course import save_picture


class Matcher(nn.Layer):
    """x: float32 [B, size] -> logits: float32 [B, 2]"""

    ### BEGIN SOLUTION
    def __init__(self, size, hidden):
        super().__init__()
        self.dense = nn.Linear(size, hidden)
        self.classifier = nn.Linear(hidden, 2)

    def forward(self, x):
        features = paddle.tanh(self.dense(x))  # [B, size] -> [B, hidden]
        return self.classifier(features)
    ### STARTER
    # def __init__(self, size, hidden):
    #     super().__init__()
    #     self.hidden = hidden
    #     self.classifier = nn.Linear(hidden, 2)

    # def forward(self, x):
    #     dense = nn.Linear(x.shape[-1], self.hidden)
    #     features = paddle.tanh(dense(x))  # [B, size] -> [B, hidden]
    #     return self.classifier(features)
    ### END SOLUTION


def accuracy(model, x, labels):
    """The share of the right predictions, 0 to 1."""
    return float((model(x).argmax(axis=-1) == labels).astype("float32").mean())


def train(model, x, labels, steps=200):
    """-> the loss of each step"""
    optimizer = paddle.optimizer.Adam(0.03, parameters=model.parameters())
    losses = []
    for _ in range(steps):
        loss = F.cross_entropy(model(x), labels)
        loss.backward()
        optimizer.step()
        optimizer.clear_grad()
        losses.append(float(loss))
    return losses


# %%
class MatcherAsFound(nn.Layer):
    """The class before you changed it."""

    def __init__(self, size, hidden):
        super().__init__()
        self.hidden = hidden
        self.classifier = nn.Linear(hidden, 2)

    def forward(self, x):
        dense = nn.Linear(x.shape[-1], self.hidden)
        features = paddle.tanh(dense(x))  # [B, size] -> [B, hidden]
        return self.classifier(features)


x = np.random.default_rng(2).normal(size=[200, 2]).astype("float32")
labels = paddle.to_tensor((x[:, 0] * x[:, 1] > 0).astype("int64"))
x = paddle.to_tensor(x)
figure, axes = plt.subplots(figsize=(6, 3))
for name, model_class in (("as found", MatcherAsFound), ("yours", Matcher)):
    paddle.seed(2)
    model = model_class(2, 16)
    losses = train(model, x, labels)
    first, second = accuracy(model, x, labels), accuracy(model, x, labels)
    print(f"{name:8}  last loss {losses[-1]:.3f}, accuracy {100 * first:.1f} %, and once more {100 * second:.1f} %")
    axes.plot(losses, label=name)
axes.set(xlabel="step", ylabel="loss", ylim=(0, None))
axes.legend()
save_picture(figure, "9_2_before_and_after.svg")
