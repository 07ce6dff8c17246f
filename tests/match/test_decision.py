"""Probabilities, thresholds and figures."""

import numpy as np
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from sklearn import metrics

from app.match.baselines import baselines, character_overlap
from app.match.decision import Decision, fit_decision, log_loss
from app.match.metrics import compute_metrics, metrics_table, summary_metrics
from app.text.dataset import LabelledPairs


def made_up(rows=500, labels=2, seed=0, sharpness=3.0):
    """Logits that are too sure of themselves, and labels drawn from the probabilities of the calm ones."""
    random = np.random.default_rng(seed)
    calm = random.normal(size=(rows, labels))
    drawn = np.array([random.choice(labels, p=np.exp(row) / np.exp(row).sum()) for row in calm])
    return calm * sharpness, drawn


def test_temperature_undoes_overconfidence():
    logits, labels = made_up(4000)
    decision = fit_decision(logits, labels, Decision(), "")
    assert decision.temperature == pytest.approx(3, rel=0.15)
    assert log_loss(logits / decision.temperature, labels) < log_loss(logits, labels)


@pytest.mark.parametrize("labels", [[1] * 500, [0] * 491 + [1] * 9, [0, 1]])
def test_on_too_few_rows_nothing_is_fitted(labels):
    """The temperature ran to its bound, and all probabilities became 1.000000."""
    logits = np.random.default_rng(0).normal(size=(len(labels), 2))
    for aim in ("", "accuracy", "f1"):
        assert fit_decision(logits, np.array(labels), Decision(0, 0.7), aim) == Decision(0, 0.7)


def test_where_all_rows_are_right_probabilities_stay_as_they_are():
    labels = np.arange(100) % 2
    assert fit_decision(np.eye(2)[labels] * 8, labels, Decision(), "").temperature == 1


def test_probabilities_add_up_and_half_is_the_larger_one():
    logits, _ = made_up(50, 2)
    decision = Decision(positive=0, temperature=2.0)
    probabilities = decision.probabilities(logits)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1)
    np.testing.assert_array_equal(decision.predict(probabilities), logits.argmax(axis=1))


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 1000), st.integers(2, 60), st.sampled_from(["accuracy", "f1"]))
@example(41, 41, "accuracy")  # the best cut lies between two probabilities that differ in their last bit
def test_the_fitted_threshold_is_the_best_there_is(seed, rows, aim):
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
        score(labels, probabilities[:, 1] >= cut)
        for cut in [*probabilities[:, 1], 0.0]  # calling nothing a match is not tried
    )
    assert score(labels, decision.predict(probabilities) == 1) == pytest.approx(best)


def test_the_threshold_that_was_found_is_used():
    """Elsewhere the best threshold is found, printed, and then not used by predict."""
    logits = np.array([[0.0, 0.2], [0.0, 0.9], [0.0, 1.0]])
    decision = Decision(positive=1, threshold=0.6)
    assert decision.predict(decision.probabilities(logits)).tolist() == [0, 1, 1]


@pytest.mark.parametrize("labels", [2, 4])
def test_figures_are_scikit_learns(labels):
    logits, truth = made_up(300, labels)
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


def test_precision_and_recall_are_of_the_positive_label():
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

    found = baselines(pairs(near, far), pairs(near[:1], far[:3]), "1")
    assert found == {"majority": 0.25, "character_overlap": 1.0}


@given(st.integers(0, 1000), st.integers(2, 4), st.floats(0.01, 0.2))
def test_what_is_not_close_to_another_decision_stays_as_it_is(seed, labels, distance):
    random = np.random.default_rng(seed)
    probabilities = random.dirichlet(np.ones(labels), 200)
    moved = probabilities + random.uniform(-distance, distance, probabilities.shape)
    decision = Decision(positive=1, threshold=0.6)
    close = decision.is_close(probabilities, distance)
    np.testing.assert_array_equal(decision.predict(moved)[~close], decision.predict(probabilities)[~close])
    assert decision.is_close(probabilities, 1.0).all() and not decision.is_close(probabilities, 0.0).any()
