"""Probabilities, thresholds and metrics."""

import numpy as np
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from sklearn import metrics

from app.match.baselines import baselines, character_overlap
from app.match.decision import Decision, fit_decision, log_loss
from app.match.metrics import compute_metrics, metrics_table, summary_metrics
from app.text.dataset import LabelledPairs


def random_logits(rows=500, labels=2, seed=0, sharpness=3.0):
    """Overconfident logits, `sharpness` times the calibrated ones, and labels drawn from the calibrated probabilities."""
    random = np.random.default_rng(seed)
    calibrated = random.normal(size=(rows, labels))
    drawn = np.array([random.choice(labels, p=np.exp(row) / np.exp(row).sum()) for row in calibrated])
    return calibrated * sharpness, drawn


def test_temperature_undoes_overconfidence():
    logits, labels = random_logits(4000)
    decision = fit_decision(logits, labels, Decision(), "")
    assert decision.temperature == pytest.approx(3, rel=0.15)
    assert log_loss(logits / decision.temperature, labels) < log_loss(logits, labels)


@pytest.mark.parametrize("labels", [[1] * 500, [0] * 491 + [1] * 9, [0, 1]])
def test_with_too_little_data_nothing_is_fitted(labels):
    """Regression: the temperature reached its bound, and all probabilities became 1.000000."""
    logits = np.random.default_rng(0).normal(size=(len(labels), 2))
    for aim in ("", "accuracy", "f1"):
        assert fit_decision(logits, np.array(labels), Decision(0, 0.7), aim) == Decision(0, 0.7)


def test_the_temperature_stays_1_if_all_predictions_are_right():
    labels = np.arange(100) % 2
    assert fit_decision(np.eye(2)[labels] * 8, labels, Decision(), "").temperature == 1


def test_probabilities_add_up_and_half_is_the_larger_one():
    logits, _ = random_logits(50, 2)
    decision = Decision(positive=0, temperature=2.0)
    probabilities = decision.probabilities(logits)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1)
    np.testing.assert_array_equal(decision.predict(probabilities), logits.argmax(axis=1))


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 1000), st.integers(2, 60), st.sampled_from(["accuracy", "f1"]))
@example(41, 41, "accuracy")  # the best threshold lies between two probabilities that differ in their last bit
def test_the_fitted_threshold_is_the_best_one(seed, rows, aim):
    random = np.random.default_rng(seed)
    logits = np.round(random.normal(size=(rows, 2)), 1)  # with ties
    labels = random.integers(0, 2, rows)
    assume(len(set(labels.tolist())) == 2)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("app.match.decision.MIN_ROWS", 1)
        decision = fit_decision(logits, labels, Decision(), aim)
    score = metrics.accuracy_score if aim == "accuracy" else lambda y, p: metrics.f1_score(y, p, zero_division=0)
    probabilities = decision.probabilities(logits)
    best = max(
        score(labels, probabilities[:, 1] >= threshold)
        for threshold in [*probabilities[:, 1], 0.0]  # a threshold above all probabilities is not tried
    )
    assert score(labels, decision.predict(probabilities) == 1) == pytest.approx(best)


def test_predictions_use_the_threshold():
    """A reference script finds the best threshold, prints it, and does not use it in prediction."""
    logits = np.array([[0.0, 0.2], [0.0, 0.9], [0.0, 1.0]])
    decision = Decision(positive=1, threshold=0.6)
    assert decision.predict(decision.probabilities(logits)).tolist() == [0, 1, 1]


@pytest.mark.parametrize("labels", [2, 4])
def test_metrics_are_those_of_scikit_learn(labels):
    logits, truth = random_logits(300, labels)
    decision = Decision(positive=1)
    found = compute_metrics(logits, truth, decision, [str(i) for i in range(labels)])
    predicted = logits.argmax(axis=1)
    average = "binary" if labels == 2 else "macro"
    assert found["accuracy"] == pytest.approx(metrics.accuracy_score(truth, predicted))
    assert found["f1"] == pytest.approx(metrics.f1_score(truth, predicted, average=average))
    assert found["precision"] == pytest.approx(metrics.precision_score(truth, predicted, average=average))
    probabilities = decision.probabilities(logits)
    auc = (
        metrics.roc_auc_score(truth, probabilities[:, 1])
        if labels == 2
        else metrics.roc_auc_score(truth, probabilities, multi_class="ovr")
    )
    assert found["auc"] == pytest.approx(auc)
    assert np.array(found["confusion"]).sum() == 300 and len(found["per_class"]) == labels
    assert all(name in "\n".join(metrics_table(found, [str(i) for i in range(labels)])) for name in ("accuracy", "actual 0", "predicted 1"))


def test_precision_and_recall_are_those_of_the_positive_label():
    logits, truth = np.array([[1.0, 0], [1.0, 0], [0, 1.0], [1.0, 0]]), np.array([0, 1, 1, 0])
    assert compute_metrics(logits, truth, Decision(positive=1), ["0", "1"])["recall"] == 0.5
    assert compute_metrics(logits, truth, Decision(positive=0), ["0", "1"])["recall"] == 1.0


def test_one_class_has_no_auc():
    found = compute_metrics(np.array([[1.0, 0], [0, 1.0]]), np.array([1, 1]), Decision(), ["0", "1"])
    assert found["auc"] is None and "auc" not in summary_metrics(found)


def test_baselines():
    assert character_overlap("还款", "款还") == 1 and character_overlap("还款", "借钱") == 0
    near, far = [("怎么还款", "怎样还款")] * 6, [("怎么还款", "天气好吗")] * 4

    def pairs(a, b):
        return LabelledPairs("x", [p[0] for p in a + b], [p[1] for p in a + b], ["1"] * len(a) + ["0"] * len(b), [])

    train, test = pairs(near, far), pairs(near[:1], far[:3])
    assert baselines(train, test, ["0", "1"], 1) == {"majority": 0.25, "character_overlap": 1.0}
    assert baselines(train, test, ["0", "1", "2"], 2) == {"majority": 0.25}  # a training set need not have every label


@given(st.integers(0, 1000), st.integers(2, 4), st.floats(0.01, 0.2))
def test_decisions_that_are_not_close_do_not_change_within_the_distance(seed, labels, distance):
    random = np.random.default_rng(seed)
    probabilities = random.dirichlet(np.ones(labels), 200)
    moved = probabilities + random.uniform(-distance, distance, probabilities.shape)
    decision = Decision(positive=1, threshold=0.6)
    close = decision.is_close(probabilities, distance)
    np.testing.assert_array_equal(decision.predict(moved)[~close], decision.predict(probabilities)[~close])
    assert decision.is_close(probabilities, 1.0).all() and not decision.is_close(probabilities, 0.0).any()
