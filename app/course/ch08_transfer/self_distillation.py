# %% [markdown] lang="en"
# In self-distillation a model is trained twice. The first training gives the teacher. The second trains a new model of the same
# size, which learns from the labels **and** from the teacher's probabilities (born-again networks, Furlanello et al. 2018).
# These soft targets say more than a label: a pair with 60 % is a doubtful one, a pair with 99 % is not.
#
# A trained teacher is often too sure, so its probabilities are made softer by a temperature $T$ (Hinton et al. 2015). Write
# `distillation_loss(logits, teacher_logits, labels, alpha, temperature)`. It returns one number, the mean over the batch:
#
# $$\text{loss} = \alpha \cdot \text{CE}(\text{labels}, z) + (1 - \alpha) \cdot T^2 \cdot \text{KL}(p \,\|\, q), \qquad
# p = \text{softmax}(t / T), \quad q = \text{softmax}(z / T)$$
#
# with the student's logits $z$ and the teacher's logits $t$.
#
# * $\text{KL}(p \,\|\, q) = \sum_c p_c (\log p_c - \log q_c)$: a sum over the labels of one row, then the mean over the rows.
# * The cross-entropy (CE) with the labels has no temperature.
# * The gradient of the KL part is about $1 / T^2$ as large as at $T = 1$. The factor $T^2$ makes up for that, so $\alpha$ keeps
#   its meaning when $T$ changes.
# * The teacher is fixed: no gradient may go into `teacher_logits` (`detach()`).

# %% [markdown] lang="zh"
# 自蒸馏要训练两次。第一次训练得到教师。第二次训练一个同样大小的新模型，
# 它**同时**从标签和教师的概率中学习（born-again networks，Furlanello et al. 2018）。这些软目标比标签说得更多：
# 60 % 的一对是难以判断的，99 % 的一对不是。
#
# 训练好的教师往往过于自信，所以用温度 $T$ 让它的概率变软（Hinton et al. 2015）。
# 请写出 `distillation_loss(logits, teacher_logits, labels, alpha, temperature)`，返回一个数，即对批的平均：
#
# $$\text{loss} = \alpha \cdot \text{CE}(\text{labels}, z) + (1 - \alpha) \cdot T^2 \cdot \text{KL}(p \,\|\, q), \qquad
# p = \text{softmax}(t / T), \quad q = \text{softmax}(z / T)$$
#
# 其中 $z$ 是学生的 logits，$t$ 是教师的 logits。
#
# * $\text{KL}(p \,\|\, q) = \sum_c p_c (\log p_c - \log q_c)$：先对一行的标签求和，再对各行求平均。
# * 与标签的交叉熵（CE）不用温度。
# * KL 部分的梯度大约只有 $T = 1$ 时的 $1 / T^2$。乘以 $T^2$ 可以补回来，这样改变 $T$ 时 $\alpha$ 的含义不变。
# * 教师是固定的：梯度不能进入 `teacher_logits`（`detach()`）。

# %%
import numpy as np
import paddle
import paddle.nn.functional as F

from app.course.ch08_transfer.character_features import pair_features


def distillation_loss(logits, teacher_logits, labels, alpha, temperature):
    """logits, teacher_logits: float32 [B, C]; labels: int64 [B]; alpha, temperature: float -> float32 []"""
    ### BEGIN SOLUTION
    hard = F.cross_entropy(logits, labels)
    log_teacher = F.log_softmax(teacher_logits.detach() / temperature, axis=-1)
    log_student = F.log_softmax(logits / temperature, axis=-1)
    divergence = (log_teacher.exp() * (log_teacher - log_student)).sum(axis=-1).mean()
    return alpha * hard + (1 - alpha) * temperature**2 * divergence
    ### END SOLUTION


# %% [markdown] lang="en"
# The demo trains a small classifier on character counts of 2,000 sample pairs. The teacher's probabilities for one pair of the
# dev set are shown with three temperatures. Then two models start from the same random weights: one learns from the labels only
# (`alpha` = 1), the other from labels and teacher (`alpha` = 0.5).
#
# What to look for: the loss on the dev set is smaller with the teacher, because the model is less sure where the teacher is in
# doubt. The accuracy of both is about the same: its differences here are smaller than the noise of a seed. A better teacher,
# for example the ensemble of exercise 8.4, can give more.

# %% [markdown] lang="zh"
# 演示用 2,000 对样例的字符计数训练小分类器。先打印教师对开发集里一对文本在三种温度下的概率。然后两个模型从相同的随机权重开始：
# 一个只学标签（`alpha` = 1），另一个同时学标签和教师（`alpha` = 0.5）。
#
# 请注意看：有教师时，开发集上的损失更小，因为教师拿不准的地方，学生也不那么确信。两者的准确率差不多：
# 这里的差别小于随机种子的噪声。更好的教师，例如练习 8.4 的集成，可以带来更多提升。

# %%
features, labels = (paddle.to_tensor(array) for array in pair_features("train", 2000))
dev_features, dev_labels = (paddle.to_tensor(array) for array in pair_features("dev", 600))


def train(seed, teacher_logits=None, alpha=1.0):
    """-> a trained classifier; teacher_logits: float32 [2000, 2] or None"""
    paddle.seed(seed)
    model = paddle.nn.Sequential(paddle.nn.Linear(256, 16), paddle.nn.ReLU(), paddle.nn.Linear(16, 2))
    optimizer = paddle.optimizer.Adam(0.02, parameters=model.parameters())
    generator = np.random.default_rng(seed)
    for _ in range(120):
        rows = paddle.to_tensor(generator.integers(0, len(labels), 32))
        logits = model(features[rows])
        if teacher_logits is None:
            loss = F.cross_entropy(logits, labels[rows])
        else:
            loss = distillation_loss(logits, teacher_logits[rows], labels[rows], alpha, 2.0)
        loss.backward()
        optimizer.step()
        optimizer.clear_grad()
    return model


# An error in the loss shows here, before the training.
distillation_loss(paddle.ones([1, 2]), paddle.zeros([1, 2]), paddle.to_tensor([0]), 0.5, 2.0)
teacher = train(1)
teacher_logits = teacher(features).detach()
for temperature in (1.0, 2.0, 4.0):
    print(f"T = {temperature}: {F.softmax(teacher(dev_features[:1]) / temperature)[0].numpy().round(3)}")
for name, model in (("labels only", train(2)), ("labels and teacher", train(2, teacher_logits, 0.5))):
    logits = model(dev_features)
    accuracy = float((logits.argmax(axis=-1) == dev_labels).astype("float32").mean())
    print(f"{name:20} dev loss {float(F.cross_entropy(logits, dev_labels)):.3f}   dev accuracy {accuracy:.3f}")
