# %% [markdown] lang="en"
# Near the end of a training the weights move around a good point: each step follows the gradient of a few rows only. The mean
# of the weights of several checkpoints of **one** run is often nearer to that point than any single checkpoint (Polyak and
# Juditsky 1992; Izmailov et al. 2018). It costs nothing at prediction time: the result is one model.
#
# Write `average(states)`. `states` is a list of state dicts (`{name: tensor}`) of one run, the oldest first. All have the same
# names and shapes. Return a new state dict:
#
# * each floating-point tensor (`paddle.is_floating_point`) is the mean over **all** states, each with the same weight;
# * every other tensor is the one of the newest state. A mean of counters or ids has no meaning, and it would not be an integer;
# * the given states must stay as they are: the run may continue with them.

# %% [markdown] lang="zh"
# 训练快结束时，权重在一个好的点附近来回移动，因为每一步只用了几行数据的梯度。把**同一次**训练的几个检查点的权重取平均，
# 往往比任何一个检查点都更接近那个点（Polyak and Juditsky 1992；Izmailov et al. 2018）。预测时没有额外开销：结果仍是一个模型。
#
# 请写出 `average(states)`。`states` 是同一次训练的状态字典（`{名字: 张量}`）列表，最旧的在前，名字和形状都相同。
# 返回一个新的状态字典：
#
# * 每个浮点张量（`paddle.is_floating_point`）是**所有**状态的平均，各状态权重相同；
# * 其他张量取最新的那个状态的值。计数器或编号的平均没有意义，而且不再是整数；
# * 给定的各个状态必须保持不变：训练可能还要用它们继续。

# %%
import numpy as np
import paddle
import paddle.nn.functional as F

from app.course.ch08_transfer.character_features import pair_features


def average(states):
    """states: list of {name: tensor}, the oldest first -> {name: tensor}"""
    ### BEGIN SOLUTION
    averaged = {}
    for name, newest in states[-1].items():
        if paddle.is_floating_point(newest):
            averaged[name] = sum(state[name] for state in states) / len(states)
        else:
            averaged[name] = newest
    return averaged
    ### END SOLUTION


# %% [markdown] lang="en"
# The demo trains a small classifier on character counts of 2,000 sample pairs with three seeds, and keeps five checkpoints of
# each run.
#
# What to look for:
#
# * The average of five checkpoints of one run has a smaller loss than these checkpoints have on average. The accuracy changes
#   little.
# * The average of the weights of three **seeds** is much worse than each of the three. Unit 5 of one model has nothing to do
#   with unit 5 of another: each run has found its features in its own order.
# * The mean of the three models' **logits** is fine, because all models give the same meaning to their outputs. That is an
#   ensemble (exercise 8.4), and it needs all three models at prediction time.

# %% [markdown] lang="zh"
# 演示用 2,000 对样例的字符计数、三个随机种子训练一个小分类器，每次训练保留五个检查点。
#
# 请注意看：
#
# * 同一次训练的五个检查点平均之后，损失比这些检查点损失的平均值小。准确率变化不大。
# * 三个**种子**的权重平均之后，比三个模型中的每一个都差得多。一个模型的第 5 个单元与另一个模型的第 5 个单元毫无关系：
#   每次训练都按自己的顺序找到特征。
# * 三个模型的 **logits** 取平均则没有问题，因为各模型输出的含义相同。这就是集成（练习 8.4），预测时需要全部三个模型。

# %%
features, labels = (paddle.to_tensor(array) for array in pair_features("train", 2000))
dev_features, dev_labels = (paddle.to_tensor(array) for array in pair_features("dev", 600))


class Classifier(paddle.nn.Layer):
    """features: float32 [B, 256] -> logits: float32 [B, 2]; counts its training steps"""

    def __init__(self):
        super().__init__()
        self.hidden, self.output = paddle.nn.Linear(256, 16), paddle.nn.Linear(16, 2)
        self.register_buffer("steps", paddle.zeros([], dtype="int64"))

    def forward(self, x):
        if self.training:
            self.steps += 1
        return self.output(F.relu(self.hidden(x)))


def train(seed):
    """-> five state dicts, the oldest first"""
    paddle.seed(seed)
    model, generator, states = Classifier(), np.random.default_rng(seed), []
    optimizer = paddle.optimizer.Adam(0.02, parameters=model.parameters())
    for step in range(1, 121):
        rows = paddle.to_tensor(generator.integers(0, len(labels), 32))
        F.cross_entropy(model(features[rows]), labels[rows]).backward()
        optimizer.step()
        optimizer.clear_grad()
        if step > 70 and step % 10 == 0:
            states.append({name: tensor.clone() for name, tensor in model.state_dict().items()})
    return states


def logits_of(state):
    """-> logits of the dev set: float32 [600, 2]"""
    model = Classifier()
    model.set_state_dict(state)
    model.eval()
    return model(dev_features)


def show(name, *several):
    """Prints accuracy and loss on the dev set; the mean of them if there are several logits."""
    accuracies = [float((logits.argmax(axis=-1) == dev_labels).astype("float32").mean()) for logits in several]
    losses = [float(F.cross_entropy(logits, dev_labels)) for logits in several]
    print(f"{name:42} accuracy {np.mean(accuracies):.3f}   loss {np.mean(losses):.3f}")


average([{"weight": paddle.ones([2])}])  # an error in `average` shows before the training
runs = [train(seed) for seed in range(3)]
averaged = [average(states) for states in runs]
print("steps of the averaged model:", int(averaged[0]["steps"]))
show("a checkpoint of one run (mean over 15)", *(logits_of(state) for states in runs for state in states))
show("average of five checkpoints of one run (3)", *(logits_of(state) for state in averaged))
last = [states[-1] for states in runs]
show("average of the weights of three seeds", logits_of(average(last)))
show("mean of the logits of three seeds", sum(logits_of(state) for state in last) / 3)
