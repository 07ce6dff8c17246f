# %% [markdown] lang="en"
# A matcher gives a probability for each pair. A threshold turns it into a prediction: a pair is predicted to match (1) if its
# probability is **at least** the threshold (`>=`), otherwise not (0).
#
# With TP pairs that are predicted 1 and are 1, FP predicted 1 but 0, FN predicted 0 but 1:
#
# * accuracy: the share of all pairs whose prediction is right
# * precision = TP / (TP + FP), recall = TP / (TP + FN)
# * F1 = 2 · precision · recall / (precision + recall) = 2 TP / (2 TP + FP + FN)
#
# A value whose denominator is 0 is 0.
#
# 1. `evaluate(probabilities, labels, threshold)` returns accuracy, precision, recall and F1, in this order.
# 2. `tune_then_test(...)` finds the threshold with the largest F1 on dev: no other threshold may have a larger F1 there. If
#    several have the same F1, any of them is right. Then it uses this threshold, unchanged, on test. It returns the threshold
#    and the F1 on test.

# %% [markdown] lang="zh"
# 匹配模型给每个句对一个概率，阈值把它变成预测：概率**大于等于**阈值（`>=`）时预测为匹配（1），否则预测为不匹配（0）。
#
# 设 TP 是预测为 1、实际也为 1 的句对数，FP 是预测为 1、实际为 0 的，FN 是预测为 0、实际为 1 的：
#
# * 准确率（accuracy）：所有句对中预测正确的比例
# * 精确率 precision = TP / (TP + FP)，召回率 recall = TP / (TP + FN)
# * F1 = 2 · precision · recall / (precision + recall) = 2 TP / (2 TP + FP + FN)
#
# 分母为 0 时，这个值就是 0。
#
# 1. `evaluate(probabilities, labels, threshold)` 依次返回准确率、精确率、召回率、F1。
# 2. `tune_then_test(...)` 找出在验证集（dev）上 F1 最大的阈值：不能有别的阈值在验证集上的 F1 更大；如果有几个阈值的 F1 相同，
#    取哪个都可以。然后原样用在测试集（test）上。返回这个阈值和测试集上的 F1。

# %%
import numpy as np


def evaluate(probabilities, labels, threshold):
    """probabilities: float64 [N]; labels: int64 [N], 0 or 1 -> accuracy, precision, recall, f1: float"""
    ### BEGIN SOLUTION
    predicted = probabilities >= threshold
    true_positives = np.sum(predicted & (labels == 1))
    accuracy = np.mean(predicted == (labels == 1))
    precision = true_positives / max(1, np.sum(predicted))
    recall = true_positives / max(1, np.sum(labels))
    f1 = 2 * true_positives / max(1, np.sum(predicted) + np.sum(labels))
    return accuracy, precision, recall, f1
    ### END SOLUTION


def tune_then_test(dev_probabilities, dev_labels, test_probabilities, test_labels):
    """probabilities: float64 [N] or [M]; labels: int64 [N] or [M] -> threshold: float, test_f1: float"""
    ### BEGIN SOLUTION
    best_threshold, best_f1 = 0.5, -1.0
    for threshold in np.unique(dev_probabilities):
        f1 = evaluate(dev_probabilities, dev_labels, threshold)[3]
        if f1 > best_f1:
            best_threshold, best_f1 = threshold, f1
    return best_threshold, evaluate(test_probabilities, test_labels, best_threshold)[3]
    ### END SOLUTION


# %%
def simulate(rows, seed):
    """-> probabilities: float64 [rows], labels: int64 [rows]; one pair of ten is a match"""
    generator = np.random.default_rng(seed)
    labels = (generator.random(rows) < 0.1).astype("int64")
    logits = generator.normal(2 * labels - 2.5, 1)
    return 1 / (1 + np.exp(-logits)), labels


dev, test = simulate(300, seed=1), simulate(3000, seed=2)
names = "accuracy {:.3f}   precision {:.3f}   recall {:.3f}   F1 {:.3f}"
print("test, never a match: ", names.format(*evaluate(*test, 1.1)))
print("test, threshold 0.5: ", names.format(*evaluate(*test, 0.5)))
threshold, test_f1 = tune_then_test(*dev, *test)
print(f"test, threshold {threshold:.2f}:", names.format(*evaluate(*test, threshold)))
print(f"F1 with this threshold: dev {evaluate(*dev, threshold)[3]:.3f} (it was chosen there), test {test_f1:.3f}")
