"""Which engine `auto` selects, and what it says about the others."""

import shutil

import pytest
from conftest import run_app, sample_lines
from fake_engine import FakeEngine

from app import Matcher
from app.commands import predict
from app.engine import measurements, select
from app.engine.engines import engines_for
from app.engine.measurements import largest_difference
from app.engine.rescore import rescore_margin
from app.engine.select import describe, open_first, ranked
from app.errors import UserError
from app.match.matcher_config import read_matcher_config
from app.predict import choose_engine, matcher, scoring_run

RECORD = {
    "engines": {
        "dygraph": {"pairs_per_second": 10.0, "difference": 0.0, "changed": 0.0},
        "fp32": {"pairs_per_second": 30.0, "difference": 1e-7, "changed": 0.0},
        "bf16": {"pairs_per_second": 60.0, "difference": 0.01, "changed": 0.0005},
        "int8": {"pairs_per_second": 90.0, "difference": 0.2, "changed": 0.02},
        "int4": {"cannot_run": "no such instructions"},
    }
}


def test_the_fastest_engine_that_keeps_decisions_is_first():
    assert ranked(RECORD, 0.001) == ["bf16", "fp32", "dygraph"] and ranked(RECORD, 0.0) == ["fp32", "dygraph"]
    assert ranked(RECORD, 0.1)[0] == "int8" and ranked({}, 0.1) == ["fp32", "dygraph"]


def test_the_margin_of_a_low_precision_engine_is_larger_than_its_measured_difference(small_matcher, monkeypatch):
    """Regression: bf16 moved probabilities by 0.024, but only pairs within 0.02 of the threshold were rescored."""
    monkeypatch.setattr(measurements, "read_record", lambda folder, device: RECORD)
    margins = [rescore_margin(name, largest_difference(small_matcher, name, "cpu")) for name in ("int8", "bf16")]
    assert margins == [pytest.approx(0.25), 0.05]
    monkeypatch.setattr(measurements, "read_record", lambda folder, device: {})
    assert rescore_margin("int8", largest_difference(small_matcher, "int8", "cpu")) == 0.05


def test_all_engines_are_described():
    lines = describe(RECORD, "bf16", 0.001)
    assert len(lines) == 5 and "<- selected" in lines[2] and "more than the 0.10% allowed" in lines[3] and "no such instructions" in lines[4]


def test_engines_are_compared_once_and_the_record_is_kept(small_matcher, monkeypatch):
    folder, messages = small_matcher / "best", []
    pairs = [tuple(line.split("\t")[:2]) for line in sample_lines("train", 250).splitlines()[1:]]
    record = select.compare(folder, "cpu", read_matcher_config(folder), pairs, messages.append)
    assert set(record["engines"]) == set(engines_for("cpu")) and len(messages) == 1  # none about engines for GPU
    assert record["engines"]["fp32"]["changed"] == 0 and record["engines"]["fp32"]["difference"] < 1e-5
    assert select.compare(folder, "cpu", read_matcher_config(folder), pairs, messages.append) == record and len(messages) == 1
    with monkeypatch.context() as elsewhere:
        elsewhere.setattr(measurements.machine, "cpu_name", lambda: "another machine")
        assert measurements.read_record(folder, "cpu") == {}
    monkeypatch.setattr(measurements, "version", lambda library: "newer")
    assert measurements.read_record(folder, "cpu") == {}


def test_a_matcher_opens_an_engine_that_changes_no_more_decisions_than_allowed(small_matcher, monkeypatch):
    monkeypatch.setattr(select, "read_record", lambda folder, device: RECORD)
    opened = []
    monkeypatch.setattr(matcher, "open_engine", lambda name, folder, device: opened.append(name) or FakeEngine())
    for allowed in (0.0, 0.001, 0.1):
        Matcher.load(str(small_matcher / "best"), "cpu", "auto", allowed)
    Matcher.load(str(small_matcher / "best"))
    assert opened == ["fp32", "bf16", "int8", "bf16"]


def test_one_pair_is_scored_by_the_engine_that_the_flag_allows(small_matcher, monkeypatch, capsys):
    allowed_changes = []
    monkeypatch.setattr(matcher, "candidates", lambda folder, device, allowed: allowed_changes.append(allowed) or ["fp32"])
    flags = ["--text_a", "甲", "--text_b", "乙", "--max_decision_change", "0.02", "--device", "cpu"]
    predict.main(["--model_name_or_path", str(small_matcher / "best"), *flags])
    assert allowed_changes == [0.02] and "prediction: " in capsys.readouterr().out


def test_the_command_says_which_engine_and_why(small_matcher, small_data, tmp_path):
    done = run_app(
        "predict", "--model_name_or_path", str(small_matcher / "best"), "--input_file", str(small_data / "train.tsv"),
        "--result_file", str(tmp_path / "out.tsv"), "--max_decision_change", "0",
    )  # fmt: skip
    assert done.returncode == 0 and "engine: " in done.stdout and "<- selected" in done.stdout, done.stdout + done.stderr


class Broken:
    """Opens engines; the named ones fail with the given errors."""

    def __init__(self, *problems):
        self.problems = dict(problems)

    def __call__(self, name, *_):
        if name in self.problems:
            raise self.problems[name]
        return FakeEngine()


REASONS = [
    ModuleNotFoundError("No module named 'onnx'"),
    ImportError("libgomp.so.1: cannot open shared object file"),
    OSError(28, "No space left on device"),
    MemoryError(),
    AttributeError("module 'onnxruntime' has no attribute 'SessionOptions'"),
]


@pytest.mark.parametrize("problem", REASONS, ids=lambda problem: type(problem).__name__)
def test_an_engine_that_cannot_be_opened_does_not_end_auto(small_matcher, monkeypatch, problem):
    """In the comparison it is recorded as unable to run; when a run cannot open the best engine, it opens the next one."""
    folder, pairs = small_matcher / "best", [("甲", f"乙{number}") for number in range(250)]
    monkeypatch.setattr(select, "EngineProcessPool", Broken(("int8", problem), ("bf16", problem)))
    monkeypatch.setattr(select, "why_not", lambda name, device: "")
    monkeypatch.setattr(select, "SPEED_SECONDS", 0.01)
    record = select._compare(folder, "cpu", read_matcher_config(folder), pairs, lambda text: None)
    assert record["engines"]["int8"]["cannot_run"] and "pairs_per_second" in record["engines"]["fp32"]
    messages = []
    name, _ = open_first(["int8", "bf16", "fp32", "dygraph"], Broken(("int8", problem), ("bf16", problem)), messages.append)
    assert name == "fp32" and len(messages) == 2 and all("cannot run here: " in line for line in messages)
    with pytest.raises(type(problem)):  # an engine that the user names
        open_first(["int8"], Broken(("int8", problem)), messages.append)


def test_a_full_disk_is_not_recorded_as_a_lasting_problem(small_matcher, monkeypatch, tmp_path):
    folder = tmp_path / "best"
    shutil.copytree(small_matcher / "best", folder)
    pairs = [("甲", f"乙{number}") for number in range(250)]
    monkeypatch.setattr(select, "why_not", lambda name, device: "")
    monkeypatch.setattr(select, "SPEED_SECONDS", 0.01)
    for problem, kept in ((OSError(28, "No space left on device"), False), (UserError("was stopped"), False), (ImportError("too old"), True)):
        monkeypatch.setattr(select, "EngineProcessPool", Broken(("int8", problem)))
        select.compare(folder, "cpu", read_matcher_config(folder), pairs, lambda text: None)
        assert bool(measurements.read_record(folder, "cpu")) == kept


def test_without_a_comparison_of_engines_a_file_is_still_scored(small_matcher, small_data, tmp_path, monkeypatch, capsys):
    def fail(*_):
        raise RuntimeError("the graph cannot be exported")

    monkeypatch.setattr(choose_engine, "compare", fail)
    monkeypatch.setattr(scoring_run, "EngineProcessPool", Broken(("fp32", RuntimeError("the graph cannot be exported"))))
    flags = ["--input_file", str(small_data / "train.tsv"), "--result_file", str(tmp_path / "out.tsv"), "--device", "cpu"]
    predict.main(["--model_name_or_path", str(small_matcher / "best"), *flags])
    output = capsys.readouterr()
    assert "the graph cannot be exported" in output.out and "fp32 cannot run here" in output.err
    assert len((tmp_path / "out.tsv").read_text(encoding="utf-8").splitlines()) == 201


@pytest.mark.parametrize("damage", ['{"engines": {"fp', "[]", "{}", '{"engines": []}', ""])
def test_a_damaged_record_is_ignored(small_matcher, damage):
    file = measurements.record_file(small_matcher / "best", "cpu")
    file.write_text(damage)
    try:
        assert measurements.read_record(small_matcher / "best", "cpu") == {}
    finally:
        file.unlink()
