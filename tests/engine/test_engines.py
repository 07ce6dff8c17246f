"""Engines compute what the reference engine computes."""

import json
import shutil
import subprocess
import sys
import threading

import numpy as np
import paddle
import pytest
from conftest import ROOT, sample_lines

from app import Matcher, runtime
from app.commands import predict
from app.encoder.from_scratch import encoder_from_scratch
from app.engine.engines import open_engine, why_not
from app.engine.inference_model import InferenceModel
from app.engine.rescore import RESCORE_MARGIN
from app.errors import UserError
from app.match.model import PairClassifier


@pytest.fixture(scope="module")
def folder(small_matcher):
    return small_matcher / "best"


@pytest.fixture(scope="module")
def pairs():
    return [tuple(line.split("\t")[:2]) for line in sample_lines("test", 200).splitlines()[1:]]


@pytest.fixture(scope="module")
def matcher(folder):
    return Matcher.load(str(folder), device="cpu", engine="fp32")


@pytest.mark.parametrize("architecture", ["bert", "ernie"])
def test_the_last_layer_for_the_first_token_only_gives_the_same_logits(architecture):
    model = PairClassifier(encoder_from_scratch("tiny", 50, architecture=architecture), 3)
    model.eval()
    ids = np.random.default_rng(1).integers(5, 50, [6, 12])
    ids[2, 7:] = model.encoder.pad_token_id
    segments = (np.arange(12) > 5).astype(np.int64) * np.ones([6, 1], np.int64)
    with paddle.no_grad():
        logits = [each(paddle.to_tensor(ids), paddle.to_tensor(segments)).numpy() for each in (model, InferenceModel(model))]
    np.testing.assert_allclose(*logits, atol=1e-5)


def test_inference_in_fp32_is_within_1e_5_of_the_reference(folder, matcher, pairs):
    reference = Matcher.load(str(folder), device="cpu", engine="dygraph").score(pairs)
    scores = matcher.score(pairs)
    assert max(abs(one.probability - other.probability) for one, other in zip(scores, reference)) < 1e-5
    assert [score.prediction for score in scores] == [score.prediction for score in reference]


def low_precision_matcher(folder, engine):
    """The matcher with this engine. Skips the test where the engine cannot run."""
    if why_not(engine, "cpu"):
        pytest.skip(f"{engine}: {why_not(engine, 'cpu')}")
    return Matcher.load(str(folder), device="cpu", engine=engine)


@pytest.mark.parametrize("engine", RESCORE_MARGIN)
def test_engines_of_low_precision_are_near_the_reference(folder, matcher, pairs, engine):
    scores = low_precision_matcher(folder, engine).score(pairs)
    assert max(abs(one.probability - other.probability) for one, other in zip(scores, matcher.score(pairs))) < RESCORE_MARGIN[engine]


@pytest.mark.parametrize("engine", RESCORE_MARGIN)
def test_close_decisions_of_engines_of_low_precision_are_rescored_in_float32(folder, matcher, pairs, tmp_path, engine):
    """Without rescoring, rounding moves some probabilities across the threshold."""
    copy = tmp_path / "best"
    shutil.copytree(folder, copy)
    exact = np.array([score.probability for score in matcher.score(pairs)])
    matcher_config = json.loads((copy / "matcher.json").read_text())
    matcher_config["decision"]["threshold"] = threshold = float(np.median(exact))
    (copy / "matcher.json").write_text(json.dumps(matcher_config))
    low_precision = low_precision_matcher(copy, engine)
    scores = np.array([score.probability for score in low_precision.score(pairs)])
    close = np.abs(scores - threshold) < RESCORE_MARGIN[engine] - 1e-5
    assert close.any() and not close.all()
    np.testing.assert_allclose(scores[close], exact[close], atol=1e-5)
    assert np.abs(scores[~close] - exact[~close]).max() > 1e-5
    np.testing.assert_array_equal(scores >= threshold, exact >= threshold)
    assert [low_precision.score([pair])[0].probability for pair in pairs[:40]] == scores[:40].tolist()


@pytest.mark.parametrize("engine", ["fp32", *RESCORE_MARGIN])
def test_the_score_of_a_pair_does_not_depend_on_the_other_pairs(folder, pairs, engine):
    """To the last bit. Otherwise a file that is resumed after a kill would differ."""
    matcher = low_precision_matcher(folder, engine)
    together = [score.probability for score in matcher.score(pairs)]
    assert [matcher.score([pair])[0].probability for pair in pairs[:40]] == together[:40]
    assert [score.probability for score in matcher.score(pairs[::-1])] == together[::-1]


@pytest.mark.skipif(not why_not("bf16", "cpu"), reason="this processor has bf16 instructions")
def test_an_engine_that_cannot_run_here_says_so(folder):
    with pytest.raises(UserError, match="--engine bf16: this processor has no bf16"):
        open_engine("bf16", folder, "cpu")
    with pytest.raises(UserError, match="--engine fp16: is for GPU"):
        open_engine("fp16", folder, "cpu")
    with pytest.raises(UserError, match="--engine int8: is for CPU"):
        open_engine("int8", folder, "gpu")


def test_shapes_with_the_same_digits_are_distinguished(folder):
    """Paddle confuses 2 x 48 with 24 x 8 if it has seen that before: it reads past the end of the batch and fails."""
    engine = open_engine("fp32", folder, "cpu")
    long = np.random.default_rng(1).integers(5, 50, [2, 48])
    expected = engine.run(long, np.zeros_like(long))
    other = open_engine("fp32", folder, "cpu")
    other.run(np.ones([24, 8], np.int64), np.zeros([24, 8], np.int64))
    np.testing.assert_array_equal(other.run(long, np.zeros_like(long)), expected)


@pytest.mark.parametrize("engine", ["dygraph", "fp32", *RESCORE_MARGIN])
def test_symmetric_gives_both_orders_of_a_pair_the_same_score_to_the_last_bit(folder, pairs, tmp_path, engine):
    """Regression: the scores of dygraph differed by 3e-6."""
    if why_not(engine, "cpu"):
        pytest.skip(f"{engine}: {why_not(engine, 'cpu')}")
    pairs = pairs[:: 5 if engine == "dygraph" else 2]  # dygraph is slow
    written = []
    for number, rows in enumerate((pairs, [(b, a) for a, b in pairs], [pair for a, b in pairs for pair in ((b, a), (a, b))])):
        source, result = tmp_path / f"{number}.tsv", tmp_path / f"{number}.out.tsv"
        source.write_text("".join(f"{a}\t{b}\n" for a, b in rows), encoding="utf-8")
        flags = ["--input_file", str(source), "--result_file", str(result), "--columns", "1,2", "--header", "no", "--symmetric"]
        predict.main(["--model_name_or_path", str(folder), "--engine", engine, "--device", "cpu", *flags])
        written.append([line.split("\t")[2:] for line in result.read_text(encoding="utf-8").splitlines()])
    assert written[0] == written[1] == written[2][::2] == written[2][1::2] and len(written[0]) == len(pairs)


def test_prediction_loads_without_paddlenlp(folder, matcher):
    code = (
        "import sys; from app import Matcher; matcher = Matcher.load(sys.argv[1]); print(matcher.score([('甲', '乙')])); "
        "assert 'paddle' in sys.modules and 'paddlenlp' not in sys.modules"
    )
    done = subprocess.run([sys.executable, "-c", code, str(folder)], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0 and done.stdout.startswith("[Score(") and done.stderr == "", done.stderr


def test_several_threads_can_score_at_once(matcher, pairs):
    expected, found = matcher.score(pairs), {}

    def score(number):
        found[number] = matcher.score(pairs)

    threads = [threading.Thread(target=score, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 6 and all(scores == expected for scores in found.values())


def test_score_and_rank(matcher):
    assert matcher.score([]) == []
    one = matcher.score([("怎么还款", "如何还款")])[0]
    assert 0 <= one.probability <= 1 and one.prediction in ("0", "1") and not one.truncated
    assert matcher.score([("长" * 500, "短")])[0].truncated
    candidates = ["如何还款", "明天下雨吗", "怎么还信用卡"]
    ranked = matcher.rank("怎么还款", candidates)
    assert sorted(index for index, _ in ranked) == [0, 1, 2]
    assert [score.probability for _, score in ranked] == sorted((score.probability for _, score in ranked), reverse=True)
    assert matcher.rank("怎么还款", candidates, top_k=1) == ranked[:1] and matcher.rank("怎么还款", []) == []


@pytest.mark.gpu
@pytest.mark.skipif(not runtime.gpu_count(), reason="no GPU here")
@pytest.mark.parametrize("engine, tolerance", [("fp32", 1e-4), ("bf16", 0.05), ("fp16", 0.01)])
def test_engines_on_a_gpu(folder, matcher, pairs, engine, tolerance):
    if why_not(engine, "gpu:0"):
        pytest.skip(why_not(engine, "gpu:0"))
    scores = Matcher.load(str(folder), device="gpu:0", engine=engine).score(pairs)
    assert max(abs(one.probability - other.probability) for one, other in zip(scores, matcher.score(pairs))) < tolerance
