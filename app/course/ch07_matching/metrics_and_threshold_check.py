"""The check of the metrics and of the threshold."""

from __future__ import annotations

import warnings
from typing import Any, Iterator, Tuple

import numpy as np

from app.course.answers import Student, WrongAnswer, equal, require, short, unpack
from app.course.texts import Text

ROWS = np.array([0.93, 0.81, 0.75, 0.75, 0.75, 0.62, 0.55, 0.52, 0.41, 0.33, 0.28, 0.17, 0.12, 0.06, 0.02])
LABELS = np.array([0, 0, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 1])
# On DEV, 0.2384 alone has the largest F1, another threshold has the largest accuracy, and no multiple of 0.01 gives the same
# predictions. On TEST another threshold is better.
DEV = (
    np.array([0.4713, 0.4126, 0.3871, 0.3318, 0.2972, 0.2617, 0.2384, 0.2321,
              0.1859, 0.1526, 0.1283, 0.0947, 0.0618, 0.0371, 0.0159]),
    np.array([1, 1, 0, 0, 1, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0]),
)  # fmt: skip
TEST = (
    np.array([0.5216, 0.4452, 0.3547, 0.2838, 0.2473, 0.2157, 0.2093, 0.1627, 0.1164, 0.0839, 0.0526, 0.0247]),
    np.array([1, 1, 1, 0, 1, 1, 0, 0, 0, 0, 0, 0]),
)


def check(student: Student) -> Iterator[Text]:
    """Compares the metrics on 15 rows at several thresholds, then the threshold that is chosen on dev."""
    for threshold in 0.75, 0.3:
        values = _metrics(student, threshold)
    yield Text(
        "At the threshold 0.3: accuracy {:.3f}, precision {:.3f}, recall {:.3f}, F1 {:.3f}.".format(*values),
        "阈值为 0.3 时：准确率 {:.3f}，精确率 {:.3f}，召回率 {:.3f}，F1 {:.3f}。".format(*values),
    )
    _denominators_of_zero(student)
    yield Text("Denominators of 0 give 0.", "分母为 0 时得到 0。")
    yield from _threshold(student)


def _metrics(student: Student, threshold: float) -> Any:
    """The student's four values for ROWS."""
    what = f"evaluate(probabilities, labels, {threshold})"
    rows, labels = ROWS.copy(), LABELS.copy()
    values = unpack(what, student.evaluate(rows, labels, threshold), 4)
    require((rows == ROWS).all() and (labels == LABELS).all(), f"{what} changes its inputs.", f"{what} 改动了输入。")
    accuracy, precision, recall, f1 = _scores(ROWS >= threshold, LABELS)
    strict, half = _scores(ROWS > threshold, LABELS), _scores(ROWS >= 0.5, LABELS)
    negative = _scores(ROWS < threshold, 1 - LABELS)
    for index, name in enumerate(["accuracy", "precision", "recall", "F1"]):
        swapped = Text("Precision and recall are swapped: precision divides by the predicted matches, recall by the actual ones.",
                       "精确率和召回率写反了：精确率除以预测为匹配的数量，召回率除以实际为匹配的数量。")  # fmt: skip
        of_the_other = Text("This is the value of label 0; the positive class is label 1.", "这是标签 0 的值；正类是标签 1。")
        mistakes = {
            "accuracy": [
                (recall, Text(
                    "This is the share of the actual matches that are found, which is recall; accuracy counts all pairs.",
                    "这是实际匹配中被找到的比例，也就是召回率；准确率要统计所有句对。")),
                (precision, Text("This is precision; accuracy counts all pairs, also those that are predicted 0.",
                                 "这是精确率；准确率要统计所有句对，包括预测为 0 的。")),
                (1 - accuracy, Text("This is the share of wrong predictions.", "这是预测错误的比例。")),
                (accuracy * len(ROWS), Text("This is a count; divide it by the number of pairs.",
                                               "这是个数；还要除以句对总数。")),
                (np.sum((ROWS >= threshold) & (LABELS == 1)) / len(ROWS), Text(
                    "Only right predictions of label 1 are counted; those of label 0 are right predictions, too.",
                    "只统计了标签 1 的正确预测；标签 0 的正确预测也要算。")),
            ],
            "precision": [(recall, swapped), (negative[1], of_the_other)],
            "recall": [
                (precision, swapped),
                (negative[2], of_the_other),
            ],
            "F1": [
                ((precision + recall) / 2, Text(
                    "This is the plain mean of precision and recall; F1 is the harmonic mean, 2PR / (P + R).",
                    "这是精确率和召回率的普通平均；F1 是调和平均，即 2PR / (P + R)。")),
                (f1 / 2, Text("The factor 2 is missing.", "缺少系数 2。")),
                (np.sqrt(precision * recall), Text(
                    "This is the geometric mean; F1 is the harmonic mean, 2PR / (P + R).",
                    "这是几何平均；F1 是调和平均，即 2PR / (P + R)。")),
                (2 * precision * recall, Text("The division by P + R is missing.", "没有除以 P + R。")),
                (negative[3], of_the_other),
                ((f1 + negative[3]) / 2, Text(
                    "This is the mean of both labels' F1 (macro F1); F1 of the positive class is asked.",
                    "这是两个标签的 F1 的平均（macro F1）；要求的是正类的 F1。")),
                (accuracy, Text("This is the accuracy.", "这是准确率。")),
            ],
        }[name]  # fmt: skip
        equal(f"{what}: {name}", values[index], (accuracy, precision, recall, f1)[index], [
            *mistakes,
            (strict[index], Text(f"A pair whose probability equals the threshold {threshold} is predicted 1: use `>=`, not `>`.",
                                 f"概率等于阈值 {threshold} 的句对要预测为 1：用 `>=`，不是 `>`。")),
            (negative[0] if index == 0 else 1 - (accuracy, precision, recall, f1)[index], Text(
                "This is 1 minus the right value.", "这是 1 减去正确的值。")),
            (half[index], Text("The threshold 0.5 is used; use the argument `threshold`.",
                               "用的阈值是 0.5；应该用参数 `threshold`。")),
            ((accuracy, precision, recall, f1)[index] * 100, Text("This is in percent; return a number from 0 to 1.",
                                                                  "这是百分数；请返回 0 到 1 的数。")),
        ])  # fmt: skip
    return [float(value) for value in values]


def _denominators_of_zero(student: Student) -> None:
    """Nothing is predicted 1, or nothing is 1, or both."""
    for threshold, labels, condition, chinese in (
        (0.99, LABELS, "no pair is predicted 1", "没有句对被预测为 1"),
        (0.6, LABELS * 0, "no pair is 1", "没有句对是 1"),
        (0.99, LABELS * 0, "no pair is predicted 1 and none is 1", "没有句对被预测为 1，也没有句对是 1"),
    ):
        what = f"evaluate(probabilities, labels, {threshold})"
        message = (f"{what} divides by zero if {condition}. A value whose denominator is 0 has to be 0.",
                   f"{what} 除以了 0，因为{chinese}。分母为 0 时，这个值应该是 0。")  # fmt: skip
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                values = unpack(what, student.evaluate(ROWS.copy(), labels.copy(), threshold), 4)
        except ZeroDivisionError:
            raise WrongAnswer(*message) from None
        right = _scores(ROWS >= threshold, labels)
        for name, value, expected in zip(("accuracy", "precision", "recall", "F1"), values, right):
            require(not _is_nan(value), *message)
            equal(f"{what}: {name}", value, expected, [
                (1.0, Text("A value whose denominator is 0 has to be 0.", "分母为 0 时，这个值应该是 0。")),
            ])  # fmt: skip


def _is_nan(value: Any) -> bool:
    """Whether a value is the number that NumPy gives for 0 / 0."""
    try:
        return bool(np.isnan(float(value)))
    except Exception:  # whatever a student returned
        return False


def _threshold(student: Student) -> Iterator[Text]:
    """The threshold of DEV and the F1 of TEST, then the same for random rows."""
    threshold, test_f1 = _tune(student, DEV, TEST, "dev of 15 pairs, test of 12 pairs")
    yield Text(f"The threshold {threshold:.4f} has the largest F1 on dev, {_f1(DEV, threshold):.3f}.",
               f"阈值 {threshold:.4f} 在验证集上的 F1 最大，为 {_f1(DEV, threshold):.3f}。")  # fmt: skip
    for seed in 1, 2, 3:
        generator = np.random.default_rng(seed)
        dev, test = (
            (generator.permutation(np.arange(1, 97))[:rows] / 97, (generator.random(rows) < 0.4).astype("int64"))
            for rows in (40, 31)
        )
        _tune(student, dev, test, f"40 random dev pairs, 31 random test pairs, seed {seed}")
    near = DEV[0].argsort().argsort() * 1e-5 + 0.30003, DEV[1]  # no multiple of 0.0001 gives the best predictions
    _tune(student, near, TEST, "dev of 15 pairs with nearly the same probability, test of 12 pairs")
    _without_test(student)
    yield Text(
        f"It is used unchanged on test: F1 {test_f1:.3f}. The best threshold for test would promise {_best_f1(TEST):.3f}.",
        f"它原样用在测试集上：F1 是 {test_f1:.3f}。如果在测试集上选阈值，会得到虚高的 {_best_f1(TEST):.3f}。",
    )


def _without_test(student: Student) -> None:
    """Two thresholds have the same F1 on dev; the labels of test may not decide between them."""
    dev, rows = (np.array([0.9, 0.8, 0.7, 0.6]), np.array([1, 0, 0, 1])), np.array([0.95, 0.65])
    chosen = [_tune(student, dev, (rows, np.array(labels)), "dev of 4 pairs, test of 2 pairs")[0] for labels in ([1, 0], [0, 1])]
    require(
        abs(chosen[0] - chosen[1]) < 1e-7,
        f"tune_then_test: on a dev set where two thresholds have the same F1, yours changes from {chosen[0]:.4f} to "
        f"{chosen[1]:.4f} if only the labels of test change: test takes part in the choice.",
        f"tune_then_test：验证集上有两个阈值的 F1 相同，只改变测试集的标签，你的阈值就从 {chosen[0]:.4f} 变成 "
        f"{chosen[1]:.4f}：测试集参与了选择。",
    )


def _tune(student: Student, dev: Tuple, test: Tuple, rows: str) -> Tuple[float, float]:
    """The student's threshold and F1, checked."""
    what = f"tune_then_test({rows})"
    given = [array.copy() for array in (*dev, *test)]
    got, test_f1 = unpack(what, student.tune_then_test(*given), 2)
    require(all((ours == theirs).all() for ours, theirs in zip((*dev, *test), given)),
            f"{what} changes its inputs: sort a copy.", f"{what} 改动了输入：请对副本排序。")  # fmt: skip
    try:
        threshold = float(got)
    except Exception:  # whatever a student returned
        threshold = np.nan
    require(np.isfinite(threshold), f"{what}: the threshold is {short(got)}; it has to be a number.",
            f"{what}：阈值是 {short(got)}；它应该是一个数。")  # fmt: skip
    ours, best = _f1(dev, threshold), _best_f1(dev)
    accuracies = {one: np.mean((dev[0] >= one) == dev[1]) for one in dev[0]}
    best_accuracy = max(accuracies.values())
    right = next(one for one in np.unique(dev[0]) if _f1(dev, one) > best - 1e-9)
    if ours < best - 1e-9:
        reason = Text("", "")
        if abs(_f1(test, threshold) - _best_f1(test)) < 1e-9:
            reason = Text("It is the best one for test: the threshold was chosen on test.",
                          "它是测试集上最好的：阈值是在测试集上选的。")
        elif threshold == 0.5:
            reason = Text("It is still 0.5.", "它还是 0.5。")
        elif abs(np.mean((dev[0] >= threshold) == dev[1]) - best_accuracy) < 1e-9:
            reason = Text("It has the largest accuracy, not the largest F1.", "它的准确率最大，而不是 F1 最大。")
        else:
            for step in 0.1, 0.05, 0.01, 0.001, 0.0001:
                if not reason.en and threshold > step / 2 and abs(threshold / step - round(threshold / step)) < 1e-6:
                    reason = Text(f"Were only multiples of {step} tried? Try the dev probabilities themselves.",
                                  f"是不是只试了 {step} 的倍数？请试验证集的概率本身。")  # fmt: skip
        raise WrongAnswer(
            f"{what}: the threshold {threshold:.4f} has the F1 {ours:.3f} on dev, but {right:.4f} has {best:.3f}. "
            f"{reason.en}".strip(),
            f"{what}：阈值 {threshold:.4f} 在验证集上的 F1 是 {ours:.3f}，而 {right:.4f} 的是 {best:.3f}。{reason.zh}",
        )
    equal(f"{what}: test_f1", test_f1, _f1(test, threshold), [
        (ours, Text("This is the F1 on dev; return the F1 on test.", "这是验证集上的 F1；应该返回测试集上的。")),
        (_best_f1(test), Text("This is the best F1 that any threshold has on test: the threshold was chosen again on test.",
                              "这是测试集上任何阈值能得到的最大 F1：又在测试集上选了一次阈值。")),
        (_f1(test, 0.5), Text("This is the F1 on test at the threshold 0.5; use the threshold that was chosen on dev.",
                              "这是阈值为 0.5 时测试集上的 F1；应该用在验证集上选出的阈值。")),
        (np.mean((test[0] >= threshold) == test[1]), Text("This is the accuracy on test.", "这是测试集上的准确率。")),
    ])  # fmt: skip
    return threshold, float(test_f1)


def _scores(predicted: np.ndarray, labels: np.ndarray) -> Tuple[float, float, float, float]:
    """Accuracy, precision, recall, F1 of label 1."""
    both = np.sum(predicted & (labels == 1))
    return (
        float(np.mean(predicted == (labels == 1))),
        float(both / max(1, predicted.sum())),
        float(both / max(1, labels.sum())),
        float(2 * both / max(1, predicted.sum() + labels.sum())),
    )


def _f1(rows: Tuple, threshold: float) -> float:
    """F1 at a threshold. The threshold may be rounded to float32."""
    return _scores(rows[0] >= threshold - 1e-7, rows[1])[3]


def _best_f1(rows: Tuple) -> float:
    """The largest F1 that a threshold reaches."""
    return max(_f1(rows, threshold) for threshold in rows[0])
