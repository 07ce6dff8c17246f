"""Which engine `auto` takes, and what it says of the others."""

from conftest import run_app, sample_lines
from fake_engine import FakeEngine

from app import Matcher
from app.commands import predict
from app.match.card import read_card
from app.predict import choose, matcher
from app.predict.choose import best, describe
from app.predict.engine import ENGINES

RECORD = {
    "engines": {
        "dygraph": {"pairs_a_second": 10.0, "difference": 0.0, "changed": 0.0},
        "fp32": {"pairs_a_second": 30.0, "difference": 1e-7, "changed": 0.0},
        "bf16": {"pairs_a_second": 60.0, "difference": 0.01, "changed": 0.0005},
        "int8": {"pairs_a_second": 90.0, "difference": 0.2, "changed": 0.02},
        "fp16": {"cannot_run": "is for GPU"},
    }
}


def test_the_fastest_that_keeps_decisions():
    assert best(RECORD, 0.001) == "bf16" and best(RECORD, 0.0) == "fp32" and best(RECORD, 0.1) == "int8"


def test_all_engines_are_told():
    lines = describe(RECORD, "bf16", 0.001)
    assert len(lines) == 5 and "<- taken" in lines[2] and "more than the 0.10% allowed" in lines[3] and "is for GPU" in lines[4]


def test_engines_are_compared_once_and_the_record_is_kept(small_matcher, monkeypatch):
    folder, said = small_matcher / "best", []
    pairs = [tuple(line.split("\t")[:2]) for line in sample_lines("train", 250).splitlines()[1:]]
    record = choose.compare(folder, "cpu", read_card(folder), pairs, said.append)
    assert set(record["engines"]) == set(ENGINES) and len(said) == 1
    assert record["engines"]["fp32"]["changed"] == 0 and record["engines"]["fp32"]["difference"] < 1e-5
    assert choose.compare(folder, "cpu", read_card(folder), pairs, said.append) == record and len(said) == 1
    with monkeypatch.context() as elsewhere:
        elsewhere.setattr(choose.runtime, "cpu_name", lambda: "another machine")
        assert choose.known(folder, "cpu") == {}
    monkeypatch.setattr(choose, "version", lambda library: "newer")
    assert choose.known(folder, "cpu") == {}


def test_a_matcher_takes_the_engine_that_changes_no_more_decisions_than_allowed(small_matcher, monkeypatch):
    monkeypatch.setattr(choose, "known", lambda folder, device: RECORD)
    opened = []
    monkeypatch.setattr(matcher, "open_engine", lambda name, folder, device: opened.append(name) or FakeEngine())
    for allowed in (0.0, 0.001, 0.1):
        Matcher.load(str(small_matcher / "best"), "cpu", "auto", allowed)
    Matcher.load(str(small_matcher / "best"))
    assert opened == ["fp32", "bf16", "int8", "bf16"]


def test_one_pair_is_scored_by_the_engine_that_the_flag_allows(small_matcher, monkeypatch, capsys):
    asked = []
    monkeypatch.setattr(matcher, "known_best", lambda folder, device, allowed: asked.append(allowed) or "fp32")
    flags = ["--text_a", "甲", "--text_b", "乙", "--max_decision_change", "0.02", "--device", "cpu"]
    predict.main(["--model_name_or_path", str(small_matcher / "best"), *flags])
    assert asked == [0.02] and "prediction: " in capsys.readouterr().out


def test_the_command_says_which_engine_and_why(small_matcher, small_data, tmp_path):
    done = run_app(
        "predict", "--model_name_or_path", str(small_matcher / "best"), "--input_file", str(small_data / "train.tsv"),
        "--result_file", str(tmp_path / "out.tsv"), "--max_decision_change", "0",
    )  # fmt: skip
    assert done.returncode == 0 and "engine: " in done.stdout and "<- taken" in done.stdout, done.stdout + done.stderr
