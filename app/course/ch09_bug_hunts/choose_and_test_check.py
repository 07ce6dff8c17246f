"""The check of the test score that is too good."""

from __future__ import annotations

from typing import Iterator, Tuple

import numpy as np

from app.course.answers import Student, equal, require, unpack
from app.course.texts import Text

CALL = "choose_and_test(...)"
MODELS, DEV, TEST, SEED = 7, 80, 50, 623


def check(student: Student) -> Iterator[Text]:
    """Changes the labels of test, which must change nothing but the test accuracy; then looks at each of the three values."""
    dev_scores, dev_labels, test_scores, test_labels = data = _data()
    number, threshold, score = _answer(student, *data)
    coin = 100 * float(np.mean(student.coin_scores))
    _check_independence(student, number, threshold, coin)
    yield Text(
        "The choice of model and threshold does not change with the labels of test.", "模型和阈值的选择不随 test 的标签改变。"
    )
    thresholds, on_dev = zip(*(_best(scores, dev_labels) for scores in dev_scores))
    at_half = [_accuracy(scores, dev_labels, 0.5) for scores in dev_scores]
    best = int(np.argmax(on_dev))
    equal(
        "number", number, best,
        [
            (int(np.argmin(on_dev)), Text("This is the model with the smallest accuracy on dev.", "这是 dev 准确率最小的模型。")),
            (int(np.argmax(at_half)), Text(
                "This model is the best on dev with the threshold 0.5, not each with its own threshold.",
                "这是阈值都取 0.5 时 dev 上最好的模型，而不是各用自己的阈值。")),
            (MODELS - 1, Text("This is the last model, not the best.", "这是最后一个模型，不是最好的。")),
            (0, Text("This is the first model, not the best.", "这是第一个模型，不是最好的。")),
            (best + 1, Text("Count the models from 0.", "模型从 0 开始编号。")),
        ],
    )  # fmt: skip
    if abs(threshold - thresholds[best]) < 1e-6:  # a float32 would be rounded to the other side of the score
        threshold = thresholds[best]
    reached, of_last = _accuracy(dev_scores[best], dev_labels, threshold), abs(threshold - thresholds[-1]) < 1e-6
    require(
        reached >= on_dev[best] - 1e-9,
        f"With your threshold {threshold:.3f}, model {best} has an accuracy of {100 * reached:.1f} % on dev; with its own best "
        f"threshold {thresholds[best]:.3f} it has {100 * on_dev[best]:.1f} %."
        + " Yours is that of the last model of the loop." * of_last,
        f"用你的阈值 {threshold:.3f}，模型 {best} 在 dev 上的准确率是 {100 * reached:.1f}%；"
        f"用它自己最好的阈值 {thresholds[best]:.3f}，准确率是 {100 * on_dev[best]:.1f}%。"
        + "你的阈值是循环里最后一个模型的。" * of_last,
    )
    yield Text(
        f"Model {best} is chosen, the best on dev ({100 * on_dev[best]:.1f} %), with its own threshold {threshold:.3f}.",
        f"选出了在 dev 上最好的模型 {best}（{100 * on_dev[best]:.1f}%），用的是它自己的阈值 {threshold:.3f}。",
    )
    all_scores = [_accuracy(scores, test_labels, one) for scores, one in zip(test_scores, thresholds)]
    equal(
        "accuracy", score, _accuracy(test_scores[best], test_labels, threshold),
        [
            (on_dev[best], Text(
                "This is the accuracy on dev. It chose the model, so it is too good as a test.",
                "这是 dev 上的准确率。模型是用它选出来的，用它来测试就偏高了。")),
            (_accuracy(test_scores[best], test_labels, 0.5), Text(
                "This is the accuracy on test with the threshold 0.5; use the chosen threshold.",
                "这是阈值取 0.5 时的 test 准确率；请用选出的阈值。")),
            (max(all_scores), Text(
                "This is the largest test accuracy of all models, not that of the chosen one.",
                "这是所有模型里最大的 test 准确率，不是选出的模型的。")),
            (float(np.mean(all_scores)), Text(
                "This is the mean test accuracy of all models, not that of the chosen one.",
                "这是所有模型的平均 test 准确率，不是选出的模型的。")),
            (all_scores[-1], Text(
                "This is the test accuracy of the last model of the loop, not of the chosen one.",
                "这是循环里最后一个模型的 test 准确率，不是选出的模型的。")),
            (100 * _accuracy(test_scores[best], test_labels, threshold), Text(
                "The accuracy is a share, 0 to 1, not per cent.", "准确率是 0 到 1 的比例，不是百分数。")),
        ],
    )  # fmt: skip
    mean = 100 * np.mean([_answer(student, *_coin(draw))[2] for draw in range(100)])
    require(
        abs(mean - 50) < 3.6,  # 5 standard deviations of a mean over 100 draws of 50 rows
        f"With labels from a coin your program reports {mean:.1f} % on average over 100 draws; an honest one reports 50 %.",
        f"标签来自抛硬币时，你的程序在 100 次里平均报告 {mean:.1f}%；诚实的程序应报告 50%。",
    )
    yield Text(
        f"With labels from a coin, your program reports {mean:.1f} % on average over 100 draws, and {coin:.1f} % in your run.",
        f"标签来自抛硬币时，你的程序在 100 次里平均报告 {mean:.1f}%，在你的运行里是 {coin:.1f}%。",
    )


def _check_independence(student: Student, number: int, threshold: float, coin: float) -> None:
    """Model and threshold with other labels of test: they may not change."""
    dev_scores, dev_labels, test_scores, test_labels = _data()
    rng = np.random.default_rng(970)
    for labels in (1 - test_labels, rng.permutation(test_labels), np.zeros_like(test_labels), np.ones_like(test_labels)):
        other_number, other_threshold, _ = _answer(student, dev_scores, dev_labels, test_scores, labels)
        require(
            other_number == number,
            f"With the same scores and other labels of test, your program chooses model {other_number} in place of model "
            f"{number}: the labels of test take part in the choice. (In your run, labels from a coin get {coin:.1f} % on "
            "average.)",
            f"分数相同，只换 test 的标签，你的程序就从选模型 {number} 变成选模型 {other_number}：test 的标签参与了选择。"
            f"（在你的运行里，抛硬币的标签平均得到 {coin:.1f}%。）",
        )
        require(
            abs(other_threshold - threshold) < 1e-9,
            f"With the same scores and other labels of test, the model stays {number}, but the threshold changes from "
            f"{threshold:.3f} to {other_threshold:.3f}: it is fitted to the labels of test.",
            f"分数相同，只换 test 的标签，模型仍是 {number}，阈值却从 {threshold:.3f} 变成 {other_threshold:.3f}："
            "阈值用到了 test 的标签。",
        )


def _answer(student: Student, *data: np.ndarray) -> Tuple[int, float, float]:
    number, threshold, score = unpack(CALL, student.choose_and_test(*[part.copy() for part in data]), 3)
    for name, value in (("number", number), ("threshold", threshold), ("accuracy", score)):
        require(
            np.ndim(value) == 0 and np.asarray(value).dtype.kind in "iuf",
            f"The {name} that `{CALL}` returns has to be a number; it is {value!r:.80}.",
            f"`{CALL}` 返回的 {name} 应该是一个数，现在是 {value!r:.80}。",
        )
    return int(number), float(threshold), float(score)


def _accuracy(scores: np.ndarray, labels: np.ndarray, threshold: float) -> float:
    return float(((scores >= threshold) == labels).mean())


def _best(scores: np.ndarray, labels: np.ndarray) -> Tuple[float, float]:
    """The best threshold and its accuracy."""
    accuracies = [_accuracy(scores, labels, threshold) for threshold in scores]
    return float(scores[int(np.argmax(accuracies))]), max(accuracies)


def _data() -> Tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Scores and labels of 7 models. The best one on dev, 3, is neither the best on test nor with the threshold 0.5."""
    rng = np.random.default_rng(SEED)
    quality, shift = rng.uniform(0.6, 1.2, size=[MODELS, 1]), rng.normal(size=[MODELS, 1])
    sets = []
    for rows in (DEV, TEST):
        labels = rng.integers(0, 2, rows)
        scores = quality * (labels - 0.5) + rng.normal(size=[MODELS, rows]) + shift
        sets += [1 / (1 + np.exp(-scores)), labels]
    return tuple(sets)


def _coin(draw: int) -> Tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Scores that say nothing about the labels."""
    rng = np.random.default_rng([98, draw])
    return rng.random([MODELS, DEV]), rng.integers(0, 2, DEV), rng.random([MODELS, TEST]), rng.integers(0, 2, TEST)
