# %% [markdown] lang="en"
# **Report.** "I train 20 models with different seeds and keep the best one. My program reports a test accuracy of 70 % for
# it. In production I had 5,000 new pairs labelled: the same model with the same threshold gets 63 %. Then I tried labels
# from a coin, where nothing can be learned. My program still reports 60 % on average."
#
# The bug is in `choose_and_test`; everything else is right. Find it and mend it. The function gets the probabilities of
# label 1 that 20 trained models give to the rows of dev and of test. It is meant to do three things:
#
# * For each model, find its threshold: the one with the largest accuracy on dev.
# * Choose the model whose accuracy on dev, with its own threshold, is the largest.
# * Test that model, with that threshold, on test, once.
#
# It returns the number of the chosen model (from 0), its threshold, and its accuracy on test. The cell before the check
# compares the program as you found it with yours.
#
# Bugs of this kind are well known, in papers too. No error message and no loss curve shows them.

# %% [markdown] lang="zh"
# **用户报告。** “我用不同的种子训练了 20 个模型，保留最好的一个。程序报告它的测试准确率是 70%。上线以后，
# 我标注了 5000 个新的句对：同一个模型、同一个阈值，只有 63%。然后我试了用抛硬币得到的标签，这时什么也学不到，
# 可是程序报告的准确率平均仍有 60%。”
#
# 错误在 `choose_and_test` 里，其他部分都是对的。请找到并改正。
# 函数的输入是 20 个训练好的模型在 dev 和 test 各行上给标签 1 的概率。它本来应该做三件事：
#
# * 为每个模型找阈值：在 dev 上准确率最大的那个。
# * 选出用自己的阈值在 dev 上准确率最大的模型。
# * 用这个阈值，在 test 上对这个模型测试一次。
#
# 返回选出的模型的编号（从 0 开始）、它的阈值、它在 test 上的准确率。检查之前的那个单元把原来的程序与你改正后的程序作比较。
#
# 这是一类很常见的错误，论文里也有。从报错信息和损失曲线都看不出来。

# %%
import matplotlib.pyplot as plt
import numpy as np
import paddle
import paddle.nn.functional as F

from app.course import save_picture


def accuracy(scores, labels, threshold):
    """scores: float64 [N], labels: int64 [N] -> the share of right predictions; a score from the threshold on is label 1"""
    return float(((scores >= threshold) == labels).mean())


def best_threshold(scores, labels):
    """The score that is the best threshold for these rows."""
    accuracies = ((scores[None, :] >= scores[:, None]) == labels).mean(axis=1)  # [N]: with each score as the threshold
    return float(scores[accuracies.argmax()])


def make_rows(rows, seed):
    """-> x: float32 [rows, 30], labels: int64 [rows]"""
    generator = np.random.default_rng(seed)
    labels = generator.integers(0, 2, rows)
    return (generator.normal(size=[rows, 30]) + 0.12 * (2 * labels[:, None] - 1)).astype("float32"), labels


def train_models(x, labels, models=20):
    """Trains logistic regressions from different random weights, all at once -> weights: float32 [30, models]"""
    paddle.seed(7)
    weights = (0.3 * paddle.randn([30, models])).detach()
    weights.stop_gradient = False
    optimizer = paddle.optimizer.SGD(0.3 * models, parameters=[weights])
    targets = paddle.to_tensor(np.tile(labels[:, None], models), dtype="float32")  # [rows, models]
    for _ in range(15):
        F.binary_cross_entropy_with_logits(paddle.matmul(paddle.to_tensor(x), weights), targets).backward()
        optimizer.step()
        optimizer.clear_grad()
    return weights.numpy()


def probabilities(weights, x):
    """-> float64 [models, rows]: each model's probability of label 1"""
    return 1 / (1 + np.exp(-(x @ weights).T.astype("float64")))


# %%
def choose_and_test(dev_scores, dev_labels, test_scores, test_labels):
    """dev_scores: float64 [models, N], dev_labels: int64 [N], test_scores: float64 [models, M], test_labels: int64 [M]
    -> number of the model, threshold, accuracy on test"""
    ### BEGIN SOLUTION
    best = 0, 0.5, -1.0
    for number in range(len(dev_scores)):
        threshold = best_threshold(dev_scores[number], dev_labels)
        score = accuracy(dev_scores[number], dev_labels, threshold)
        if score > best[2]:
            best = number, threshold, score
    number, threshold, _ = best
    return number, threshold, accuracy(test_scores[number], test_labels, threshold)
    ### STARTER
    # best = 0, 0.5, -1.0
    # for number in range(len(dev_scores)):
    #     threshold = best_threshold(dev_scores[number], dev_labels)
    #     score = accuracy(test_scores[number], test_labels, threshold)
    #     if score > best[2]:
    #         best = number, threshold, score
    # return best
    ### END SOLUTION


# %%
def choose_and_test_as_found(dev_scores, dev_labels, test_scores, test_labels):
    """The function before you changed it."""
    best = 0, 0.5, -1.0
    for number in range(len(dev_scores)):
        threshold = best_threshold(dev_scores[number], dev_labels)
        score = accuracy(test_scores[number], test_labels, threshold)
        if score > best[2]:
            best = number, threshold, score
    return best


weights = train_models(*make_rows(100, seed=40))
(dev_x, dev_labels), (test_x, test_labels), (new_x, new_labels) = make_rows(60, 41), make_rows(60, 42), make_rows(5000, 43)
figure, axes = plt.subplots(figsize=(7, 3))
for name, function in (("as found", choose_and_test_as_found), ("yours", choose_and_test)):
    number, threshold, score = function(probabilities(weights, dev_x), dev_labels, probabilities(weights, test_x), test_labels)
    new = accuracy(probabilities(weights, new_x)[number], new_labels, threshold)
    rng = np.random.default_rng(44)
    coin_scores = []  # reported for labels from a coin
    for _ in range(200):
        labels = rng.integers(0, 2, [2, 60])
        coin_scores.append(function(rng.random([20, 60]), labels[0], rng.random([20, 60]), labels[1])[2])
    print(f"{name:8}  model {number}: test accuracy {100 * score:.1f} %, on 5,000 new rows {100 * new:.1f} %; ", end="")
    print(f"with labels from a coin {100 * np.mean(coin_scores):.1f} % on average")
    axes.hist(coin_scores, bins=np.arange(0.30, 0.80, 1 / 60), alpha=0.6, label=name)
axes.axvline(0.5, color="black", linewidth=1)
axes.set(xlabel="reported test accuracy, labels from a coin", ylabel="runs of 200")
axes.legend()
save_picture(figure, "9_7_before_and_after.svg")
