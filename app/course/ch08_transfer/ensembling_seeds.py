# %% [markdown] lang="en"
# Models that were trained with different seeds make partly different mistakes. An ensemble lets all of them decide. There are
# three usual ways to combine the `M` models for each of `N` texts:
#
# | way | result [N, C] |
# |---|---|
# | `"probabilities"` | softmax of each model's logits, then the mean over the models |
# | `"logits"` | the mean of the logits over the models, then one softmax |
# | `"vote"` | the share of the models that predict each label (a model predicts the label with its largest logit) |
#
# Write `ensemble(logits, way)`. `logits` is a float32 tensor [M, N, C]: models, texts, labels. The result is a float32 tensor
# [N, C] whose rows sum to 1 for all three ways, so the prediction is its `argmax`.

# %% [markdown] lang="zh"
# 用不同随机种子训练的模型，犯的错误有一部分不同。集成让所有模型一起决定。对 `N` 段文本，常用三种方法合并 `M` 个模型的输出：
#
# | 方式 | 结果 [N, C] |
# |---|---|
# | `"probabilities"` | 每个模型的 logits 先做 softmax，再对模型求平均 |
# | `"logits"` | logits 先对模型求平均，再做一次 softmax |
# | `"vote"` | 预测每个标签的模型所占的比例（一个模型预测的是它的 logit 最大的标签） |
#
# 请写出 `ensemble(logits, way)`。`logits` 是 float32 张量 [M, N, C]：模型、文本、标签。结果是 float32 张量 [N, C]，
# 三种方式的每一行之和都是 1，所以预测就是它的 `argmax`。

# %%
import numpy as np
import paddle
import paddle.nn.functional as F

from app.course.ch08_transfer.character_features import pair_features

WAYS = ("probabilities", "logits", "vote")


def ensemble(logits, way):
    """logits: float32 [M, N, C]; way: one of WAYS -> float32 [N, C]"""
    ### BEGIN SOLUTION
    if way == "probabilities":
        return F.softmax(logits, axis=-1).mean(axis=0)
    if way == "logits":
        return F.softmax(logits.mean(axis=0), axis=-1)
    votes = logits.argmax(axis=-1)  # [M, N, C] -> [M, N]
    return F.one_hot(votes, logits.shape[-1]).mean(axis=0)  # [M, N, C] -> [N, C]
    ### END SOLUTION


# %% [markdown] lang="en"
# Three models and one text: two models prefer label 1 a little, the third is very sure of label 0. The vote ignores how sure a
# model is. The mean of the logits lets one model decide alone, because a logit has no upper limit. A probability is at most 1,
# so the mean of the probabilities is between the two.

# %% [markdown] lang="zh"
# 三个模型和一段文本：两个模型略偏向标签 1，第三个非常确信是标签 0。投票不管模型有多确信。logits 的平均会让一个模型独自决定，
# 因为 logit 没有上限。概率最多是 1，所以概率的平均介于两者之间。

# %%
three = paddle.to_tensor([[[0.0, 2.0]], [[0.0, 2.0]], [[9.0, 0.0]]])
for way in WAYS:
    print(f"{way:14}", ensemble(three, way)[0].numpy().round(3))

# %% [markdown] lang="en"
# Now five seeds of a small classifier on character counts, with 2,000 training pairs of the sample, and the accuracy on the 600
# pairs of the dev set.
#
# What to look for: the ensemble is better than the mean of its models, and usually as good as the best of them or better.
# Before the training nobody knows which seed will be the best, and to choose it by the dev set makes the dev accuracy too good.
# The three ways differ little in accuracy. Five models take five times as long to predict.

# %% [markdown] lang="zh"
# 下面用 2,000 对样例的字符计数、五个种子训练小分类器，在开发集的 600 对上看准确率。
#
# 请注意看：集成比其中各模型的平均值好，通常不低于其中最好的那个。训练之前没有人知道哪个种子最好，
# 而用开发集来挑种子会让开发集上的准确率偏高。三种方式的准确率差别很小。五个模型的预测时间是一个模型的五倍。

# %%
features, labels = (paddle.to_tensor(array) for array in pair_features("train", 2000))
dev_features, dev_labels = (paddle.to_tensor(array) for array in pair_features("dev", 600))


def train(seed):
    """-> logits of the dev set: float32 [600, 2]"""
    paddle.seed(seed)
    model = paddle.nn.Sequential(paddle.nn.Linear(256, 16), paddle.nn.ReLU(), paddle.nn.Linear(16, 2))
    optimizer = paddle.optimizer.Adam(0.02, parameters=model.parameters())
    generator = np.random.default_rng(seed)
    for _ in range(100):
        rows = paddle.to_tensor(generator.integers(0, len(labels), 32))
        F.cross_entropy(model(features[rows]), labels[rows]).backward()
        optimizer.step()
        optimizer.clear_grad()
    return model(dev_features).detach()


def accuracy(scores):
    """scores: float32 [600, 2] -> the share of right predictions"""
    return float((scores.argmax(axis=-1) == dev_labels).astype("float32").mean())


logits = paddle.stack([train(seed) for seed in range(5)])
single = [accuracy(one) for one in logits]
print("single models: ", np.round(single, 3), f"mean {np.mean(single):.3f}")
for way in WAYS:
    print(f"{way:14} {accuracy(ensemble(logits, way)):.3f}")
