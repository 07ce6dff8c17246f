"""Cosine -> probability: known numbers are found again."""

import numpy as np
import pytest
from distill.toy_teacher import NAME
from hypothesis import given, settings
from hypothesis import strategies as st

from app.distill.calibration import Calibration, cosines_of, fit_labelled, fit_unlabelled
from app.distill.encoder import Encoder
from app.distill.teacher import Teacher
from app.errors import UserError
from app.predict.score_cache import ScoreCache

QUESTIONS = [f"{thing}{rest}" for thing in ("社保卡", "信用卡", "驾照", "护照", "手机", "电脑", "冰箱", "空调") for rest in ("怎么办理", "在哪里买", "多少钱", "什么时候能用", "坏了怎么办")]


@pytest.fixture
def teacher(tmp_path):
    encoder = Encoder(f"{NAME}:encode")
    return Teacher(encoder, ScoreCache(str(tmp_path / "vectors"), encoder.identity))


@settings(max_examples=10, deadline=None)
@given(st.floats(-0.5, 0.9), st.floats(0.01, 0.3), st.integers(0, 99))
def test_the_curve_of_labels_is_found_again(midpoint, scale, seed):
    rng = np.random.default_rng(seed)
    cosines = rng.normal(midpoint, 2 * scale, 20_000)
    matches = rng.random(20_000) < Calibration(midpoint, scale).probability(cosines)
    found = fit_labelled(cosines, matches)
    assert found.midpoint == pytest.approx(midpoint, abs=0.15 * scale) and found.scale == pytest.approx(scale, rel=0.1)


@given(st.lists(st.floats(-1, 1), min_size=2), st.floats(-1, 1), st.floats(1e-4, 2))
def test_probabilities_rise_with_the_cosine(cosines, midpoint, scale):
    found = Calibration(midpoint, scale).probability(np.sort(cosines))
    assert ((found >= 0) & (found <= 1)).all() and (np.diff(found) >= 0).all()
    assert Calibration(midpoint, scale).probability(np.array([midpoint])) == pytest.approx(0.5)


@pytest.mark.parametrize("cosines", [lambda matches: -1.0 * matches, lambda matches: np.ones(100)])
def test_labels_that_the_teacher_contradicts(cosines):
    matches = np.arange(100) % 2 == 0
    with pytest.raises(UserError, match="are the labels right"):
        fit_labelled(cosines(matches), matches)


def test_labels_that_the_teacher_separates():
    matches = np.arange(100) % 2 == 0
    found = fit_labelled(0.5 + 0.4 * matches, matches).probability(np.array([0.5, 0.9]))
    assert found[0] < 0.01 and found[1] > 0.99


def test_without_labels_the_same_question_is_probable_and_another_is_not(teacher):
    found = fit_unlabelled(QUESTIONS, teacher, seed=1)
    same, other = found.probability(cosines_of([("社保卡怎么办理", "社保卡怎么办理"), ("社保卡怎么办理", "冰箱多少钱")], teacher))
    assert same > 0.8 and other < 0.1
    assert fit_unlabelled(QUESTIONS, teacher, seed=1) == found


def test_without_labels_some_texts_are_needed(teacher):
    with pytest.raises(UserError, match="has 3 different texts .* too few .* --calibration_set"):
        fit_unlabelled(QUESTIONS[:3], teacher, seed=1)


def test_cosines(teacher):
    assert cosines_of([("甲", "甲"), ("甲", "乙")], teacher) == pytest.approx([1, 0], abs=1e-6)
    assert len(cosines_of([], teacher)) == 0
