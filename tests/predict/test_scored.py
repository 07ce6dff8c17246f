"""The scored file: every row, in order, as it was, with the scores behind it."""

import csv
import gzip
import io
import json
import os

import pytest
from conftest import ROOT, run_app

from app.errors import UserError
from app.predict.matcher import Matcher
from app.predict.scored import default_result, score_file


@pytest.fixture(scope="module")
def matcher(small_matcher):
    return Matcher.load(str(small_matcher / "best"), device="cpu")


def test_the_row_count_and_the_text_survive_whatever_the_input_holds(matcher, tmp_path):
    """The reference reader skips what has not two columns, and predictions no longer line up with the input."""
    source = tmp_path / "in.tsv"
    lines = [
        b"id\ttext_a\ttext_b", "1\t怎么还款\t如何还款".encode(), b"only one column", b"", "2\t\t如何还款".encode(), b"3\t\xff\xfe\tx",
        '4\t"引号\t没关系'.encode(), "5\t有\x00空\t没有".encode(), "6\t😀😀\t龘".encode(), ("7\t" + "长" * 100_000 + "\t短").encode(),
    ]  # fmt: skip
    source.write_bytes(b"\r\n".join(lines))
    summary = score_file(matcher, str(source), str(tmp_path / "out.tsv"))
    written = (tmp_path / "out.tsv").read_bytes().split(b"\n")[:-1]
    assert summary.rows == 9 and len(written) == 10 and summary.cut == 1
    for before, after in zip(lines, written):
        assert after.startswith(before + b"\t")
    assert written[0].endswith(b"\tprobability\tprediction\terror")
    errors = {number for number, line in enumerate(written[1:], 1) if line.split(b"\t")[-1]}
    assert errors == {2, 3, 4, 5} == {2, 3, 4, 5} and summary.errors == 4 and summary.first_error.startswith("line 3: ")
    for number in (1, 6, 7, 8, 9):
        probability, prediction, error = written[number].split(b"\t")[-3:]
        assert 0 <= float(probability) <= 1 and prediction in (b"0", b"1") and error == b""


def test_csv_and_jsonl_keep_their_formats(matcher, tmp_path):
    (tmp_path / "in.csv").write_text('text_a,text_b,note\n"有,逗号","两\n行","说 ""好"""\na,,n\n', encoding="utf-8")
    score_file(matcher, str(tmp_path / "in.csv"), str(tmp_path / "out.csv"))
    rows = list(csv.reader(io.StringIO((tmp_path / "out.csv").read_text(encoding="utf-8"))))
    assert rows[0] == ["text_a", "text_b", "note", "probability", "prediction", "error"]
    assert rows[1][:3] == ["有,逗号", "两\n行", '说 "好"'] and rows[1][5] == "" and rows[2][5] == "text_b is empty"
    lines = [
        '{"text_a": "甲", "text_b": "乙", "more": [1, {"x": null}]}',
        "broken",
        '{"text_a": "\\ud800", "text_b": "乙"}',
        "[]",
    ]
    (tmp_path / "in.jsonl").write_text("\n".join(lines), encoding="utf-8")
    score_file(matcher, str(tmp_path / "in.jsonl"), str(tmp_path / "out.jsonl"))
    out = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text(encoding="utf-8").splitlines()]
    assert (
        len(out) == 4
        and out[0]["more"] == [1, {"x": None}]
        and isinstance(out[0]["probability"], float)
        and out[0]["error"] == ""
    )
    assert out[1]["raw"] == "broken" and all(row["probability"] is None and row["error"] for row in out[1:])


def test_gzip_and_gb18030_come_back_as_they_went_in(matcher, tmp_path):
    source = tmp_path / "in.tsv.gz"
    source.write_bytes(gzip.compress("怎么还款\t如何还款\n今天\t明天\n".encode("gb18030")))
    score_file(matcher, str(source), str(tmp_path / "out.tsv.gz"))
    text = gzip.decompress((tmp_path / "out.tsv.gz").read_bytes()).decode("gb18030")
    assert [line.split("\t")[:2] for line in text.splitlines()] == [["怎么还款", "如何还款"], ["今天", "明天"]]


def test_windows_and_batches_do_not_change_scores(matcher, tmp_path, monkeypatch, small_data):
    monkeypatch.setattr("app.predict.scored.WINDOW", 7)
    score_file(matcher, str(small_data / "test.tsv"), str(tmp_path / "small.tsv"))
    monkeypatch.undo()
    score_file(matcher, str(small_data / "test.tsv"), str(tmp_path / "large.tsv"))

    def column(name):
        return [float(line.split("\t")[3]) for line in (tmp_path / name).read_text(encoding="utf-8").splitlines()[1:]]

    assert column("small.tsv") == pytest.approx(column("large.tsv"), abs=2e-6) and len(column("large.tsv")) == 60


@pytest.mark.parametrize("result, reason", [("in.tsv", "input file itself"), ("out.csv", "format of the input")])
def test_refusals_write_nothing(matcher, tmp_path, result, reason):
    source = tmp_path / "in.tsv"
    source.write_text("a\tb\n")
    with pytest.raises(UserError, match=reason):
        score_file(matcher, str(source), str(tmp_path / result))
    (tmp_path / "scored.tsv").write_text("text_a\ttext_b\tprobability\na\tb\t1\n")
    with pytest.raises(UserError, match="already"):
        score_file(matcher, str(tmp_path / "scored.tsv"), str(tmp_path / "again.tsv"))
    assert sorted(os.listdir(tmp_path)) == ["in.tsv", "scored.tsv"] and source.read_text() == "a\tb\n"


def test_the_python_interface(matcher):
    from app import Matcher as Public

    assert Public is Matcher and matcher.score([]) == []
    one, other = matcher.score([("怎么还款", "如何还款"), ("今天", "明天")])
    assert (
        one == matcher.score([("怎么还款", "如何还款")])[0]
        or abs(one.probability - matcher.score([("怎么还款", "如何还款")])[0].probability) < 1e-6
    )
    assert other.prediction in ("0", "1") and not other.cut


def test_the_command_on_a_file_and_on_one_pair(small_matcher, small_data, tmp_path):
    model = str(small_matcher / "best")
    done = run_app(
        "predict",
        "--model_name_or_path",
        model,
        "--input_file",
        str(small_data / "test.tsv"),
        "--result_file",
        str(tmp_path / "out.tsv"),
    )
    assert done.returncode == 0 and "60 rows" in done.stdout and done.stderr == ""
    one = run_app("predict", "--model_name_or_path", model, "--text_a", "怎么还款", "--text_b", "如何还款")
    assert one.returncode == 0 and one.stdout.startswith("prediction: ") and one.stderr == ""


def test_a_checkpoint_describes_itself_and_a_mistyped_path_is_an_error(small_matcher, tmp_path):
    """The reference script hard-codes a base model, and ignores a path that does not exist."""
    wrong = run_app("predict", "--model_name_or_path", str(small_matcher / "bset"), "--text_a", "x", "--text_b", "y")
    assert wrong.returncode == 2 and "no such folder" in wrong.stderr and wrong.stderr.count("\n") == 1


def test_default_name_of_the_result():
    assert default_result("a/pairs.tsv.gz") == "a/pairs.scored.tsv.gz" and default_result("v1.2.csv") == "v1.2.scored.csv"


def test_predict_py_is_the_same_command(small_matcher):
    import subprocess
    import sys

    done = subprocess.run(
        [sys.executable, "predict.py", "--model_name_or_path", str(small_matcher / "best"), "--text_a", "x", "--text_b", "x"],
        cwd=ROOT, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0 and "prediction" in done.stdout
