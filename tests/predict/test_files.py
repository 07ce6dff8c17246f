"""The scored file: every row, in order, as it was, with the scores behind it; the same one, whatever happens on the way."""

import csv
import gzip
import io
import json
import os
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from conftest import ROOT, sample_lines
from fake_engine import FakeEngine
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.errors import UserError
from app.match.decision import Decision
from app.match.matcher_config import MatcherConfig
from app.predict import scoring_run
from app.predict.input_files import default_result


def pairs_file(path, rows, first="text_a\ttext_b\n"):
    """A TSV of numbered pairs that differ from each other."""
    lines = sample_lines("train", rows % 4000).splitlines()[1:]
    path.write_text(first + "".join(f"{line.rsplit(chr(9), 1)[0]}\n" for line in lines), encoding="utf-8")
    return path


def test_the_row_count_and_the_text_survive_whatever_the_input_holds(score, tmp_path):
    """The reference reader skips what has not two columns, and predictions no longer line up with the input."""
    source = tmp_path / "in.tsv"
    lines = [
        b"id\ttext_a\ttext_b", "1\t怎么还款\t如何还款".encode(), b"only one column", b"", "2\t\t如何还款".encode(), b"3\t\xff\xfe\tx",
        '4\t"引号\t没关系'.encode(), "5\t有\x00空\t没有".encode(), "6\t😀😀\t龘".encode(), ("7\t" + "长" * 100_000 + "\t短").encode(),
    ]  # fmt: skip
    source.write_bytes(b"\r\n".join(lines))
    summary = score(source, result=tmp_path / "out.tsv")
    written = (tmp_path / "out.tsv").read_bytes().split(b"\n")[:-1]
    assert all(line.endswith(b"\r") for line in written[:-1])  # with the line ends of the input
    written = [line.rstrip(b"\r") for line in written]
    assert summary.rows == 9 and len(written) == 10 and summary.truncated == 1
    for before, after in zip(lines, written):
        assert after.startswith(before + b"\t")
    assert written[0].endswith(b"\tprobability\tprediction\terror")
    errors = {number for number, line in enumerate(written[1:], 1) if line.split(b"\t")[-1]}
    assert errors == {2, 3, 4, 5} and summary.errors == 4 and summary.first_error.startswith("line 3: ")
    for number in (1, 6, 7, 8, 9):
        probability, prediction, error = written[number].split(b"\t")[-3:]
        assert 0 <= float(probability) <= 1 and prediction in (b"0", b"1") and error == b""


def test_csv_and_jsonl_keep_their_formats(score, tmp_path):
    (tmp_path / "in.csv").write_text('text_a,text_b,note\n"有,逗号","两\n行","说 ""好"""\na,,n\n', encoding="utf-8")
    score(tmp_path / "in.csv", result=tmp_path / "out.csv")
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
    score(tmp_path / "in.jsonl", result=tmp_path / "out.jsonl")
    out = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text(encoding="utf-8").splitlines()]
    assert len(out) == 4 and out[0]["more"] == [1, {"x": None}]
    assert isinstance(out[0]["probability"], float) and out[0]["error"] == ""
    assert out[1]["raw"] == "broken" and all(row["probability"] is None and row["error"] for row in out[1:])


def test_gzip_and_gb18030_come_back_as_they_went_in(score, tmp_path):
    source = tmp_path / "in.tsv.gz"
    source.write_bytes(gzip.compress("怎么还款\t如何还款\n今天\t明天\n".encode("gb18030")))
    score(source, result=tmp_path / "out.tsv.gz")
    text = gzip.decompress((tmp_path / "out.tsv.gz").read_bytes()).decode("gb18030")
    assert [line.split("\t")[:2] for line in text.splitlines()] == [["怎么还款", "如何还款"], ["今天", "明天"]]


NUL_IN_CSV = sys.version_info >= (3, 11)  # before, Python's csv refuses it: such a row has an error
CELL = st.text(st.characters(blacklist_categories=["Cs"]), max_size=12)
CELL |= st.sampled_from(["\t", '"', "\n", "\x00", "😀", "", " ", "a" * 3000])
CELL = CELL.filter(lambda cell: NUL_IN_CSV or "\x00" not in cell)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(CELL, CELL), min_size=1, max_size=8), st.sampled_from(["\n", "\r\n"]), st.booleans())
def test_any_texts_come_back_from_a_csv(score, tmp_path, pairs, line_end, closed):
    text = io.StringIO()
    csv.writer(text, lineterminator=line_end, quoting=csv.QUOTE_ALL).writerows([("text_a", "text_b"), *pairs])
    written = text.getvalue() if closed else text.getvalue()[: -len(line_end)]
    (tmp_path / "in.csv").write_bytes(written.encode("utf-8"))
    summary = score(tmp_path / "in.csv", result=tmp_path / "out.csv")
    rows = list(csv.reader((tmp_path / "out.csv").open(encoding="utf-8", newline="")))[1:]
    assert summary.rows == len(pairs) == len(rows)
    assert [tuple(row[:2]) for row in rows] == pairs
    assert all(bool(row[2]) != bool(row[4]) for row in rows)  # a probability or an error


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.binary(max_size=30).map(lambda line: line.replace(b"\n", b"").replace(b"\r", b"")), min_size=1, max_size=8))
def test_any_bytes_come_back_from_a_tsv(score, tmp_path, lines):
    """Wrong encodings half-way, rows of other widths: each line is there, in its place, with its own bytes."""
    (tmp_path / "in.tsv").write_bytes(b"text_a\ttext_b\n" + b"".join(line + b"\n" for line in lines))
    score(tmp_path / "in.tsv", result=tmp_path / "out.tsv", overwrite=True, encoding="utf-8")
    written = [line.split(b"\t") for line in (tmp_path / "out.tsv").read_bytes().split(b"\n")]
    assert written[0] == [b"text_a", b"text_b", b"probability", b"prediction", b"error"] and len(written) == len(lines) + 2
    for before, after in zip(lines, written[1:]):
        begin, *more = before.split(b"\t")
        assert len(after) == 5 and after[:2] == [begin, b"\\t".join(more)]  # a cell too many stays in the last one


def test_windows_do_not_change_the_file(score, tmp_path, monkeypatch):
    source = pairs_file(tmp_path / "in.tsv", 300)
    score(source, result=tmp_path / "large.tsv")
    for rows in (1, 7, 64):
        monkeypatch.setattr(FakeEngine, "window_rows", rows)
        score(source, result=tmp_path / "small.tsv")
        assert (tmp_path / "small.tsv").read_bytes() == (tmp_path / "large.tsv").read_bytes()


def test_each_distinct_pair_is_scored_once(score, engine, tmp_path, monkeypatch):
    """Within a window, across windows, while the window before is still being scored, and across files."""
    monkeypatch.setattr(FakeEngine, "window_rows", 10)
    lines = [f"问{number}\t答{number % 7}" for number in (*range(12), *range(12), *range(5), *range(30))]
    (tmp_path / "a.tsv").write_text("\n".join(lines), encoding="utf-8")
    (tmp_path / "b.tsv").write_text("\n".join([*lines, "新\t的"]), encoding="utf-8")
    first, second = score(tmp_path / "a.tsv", tmp_path / "b.tsv")
    assert (first.rows, first.scored) == (59, 30) and (second.rows, second.scored) == (60, 1)
    assert first.pairs == 59 and len(set(engine.pairs)) == 31
    by_pair = {}
    for line in (tmp_path / "b.scored.tsv").read_text(encoding="utf-8").splitlines():
        text_a, text_b, *scored = line.split("\t")
        assert by_pair.setdefault((text_a, text_b), scored) == scored


def test_a_cache_keeps_scores_between_runs_and_tells_models_apart(score, engine, checkpoint, tmp_path):
    source, cache = pairs_file(tmp_path / "in.tsv", 50), str(tmp_path / "known.db")
    first = score(source, result=tmp_path / "1.tsv", cache=cache)
    again = score(source, result=tmp_path / "2.tsv", cache=cache)
    assert first.scored == first.rows and again.scored == 0
    assert (tmp_path / "1.tsv").read_bytes() == (tmp_path / "2.tsv").read_bytes()
    (checkpoint / "model.safetensors").write_text("{ }")  # other weights
    try:
        assert score(source, result=tmp_path / "3.tsv", cache=cache).scored == first.scored
    finally:
        (checkpoint / "model.safetensors").write_text("{}")
    (tmp_path / "other.db").write_text("not a database, but long enough to look like one" * 9)
    with pytest.raises(UserError, match="other.db"):
        score(source, result=tmp_path / "4.tsv", cache=str(tmp_path / "other.db"))


def test_a_cache_outlives_another_threshold_but_for_int8_whose_scores_depend_on_it(score, engine, checkpoint, tmp_path):
    source, matcher_config = pairs_file(tmp_path / "in.tsv", 50), checkpoint / "matcher.json"
    before, found = matcher_config.read_text(), {}
    for name in ("fp32", "int8"):
        options = {"cache": str(tmp_path / f"{name}.db"), "engine": name}
        score(source, result=tmp_path / f"{name}.1.tsv", **options)
        matcher_config.write_text(before.replace('"threshold": 0.5', '"threshold": 0.7'))
        found[name] = score(source, result=tmp_path / f"{name}.2.tsv", **options)
        matcher_config.write_text(before)
    assert found["fp32"].scored == 0 and found["int8"].scored == found["int8"].rows


def test_both_orders_give_one_probability(score, tmp_path):
    source = pairs_file(tmp_path / "in.tsv", 40)
    turned = tmp_path / "turned.tsv"
    rows = [line.split("\t") for line in source.read_text(encoding="utf-8").splitlines()]
    turned.write_text("text_a\ttext_b\n" + "".join(f"{b}\t{a}\n" for a, b in rows[1:]), encoding="utf-8")
    one, other = score(source, turned, symmetric=True)

    def scores(name):
        return [line.split("\t")[2:] for line in (tmp_path / name).read_text(encoding="utf-8").splitlines()[1:]]

    assert scores("in.scored.tsv") == scores("turned.scored.tsv")
    assert one.order_sensitive == other.order_sensitive > 0 and one.pairs == 2 * one.rows


def test_ranking_goes_by_all_digits(score, tmp_path, monkeypatch):
    """Two probabilities that are the same to six decimals."""


    class Sure(FakeEngine):
        def run(self, input_ids, token_type_ids):
            """Logits that grow with the last letter, all of them large."""
            return np.stack([np.zeros(len(input_ids)), 20 + input_ids[:, 3] / 100], axis=1).astype(np.float32)

    monkeypatch.setattr(scoring_run, "EngineProcessPool", lambda *_: Sure())
    letters = sorted("abcdefghij")
    (tmp_path / "in.tsv").write_text("".join(f"甲\t{letter}\n" for letter in letters), encoding="utf-8")
    score(tmp_path / "in.tsv", result=tmp_path / "out.tsv", sort_by_probability=True)
    rows = [line.split("\t") for line in (tmp_path / "out.tsv").read_text(encoding="utf-8").splitlines()]
    assert [row[1] for row in rows] == letters[::-1] and len({row[2] for row in rows}) == 10


class NearlyEven(FakeEngine):
    """An engine of few bits: (甲, 乙) is far from the threshold in both orders, and their mean is near it."""

    rescore_margin = 0.1

    def __init__(self):
        super().__init__()
        self.exact = 0

    def run(self, input_ids, token_type_ids):
        """Probability 0.2 or 0.8 by the order."""
        sign = np.sign(input_ids[:, 1] - input_ids[:, 3]).astype(np.float32)
        return np.stack([sign * 0, sign * np.float32(np.log(4))], axis=1)

    def run_float32(self, input_ids, token_type_ids):
        """As `run`, and counts."""
        self.exact += len(input_ids)
        return self.run(input_ids, token_type_ids)


def test_a_mean_near_the_threshold_is_computed_again(score, tmp_path, monkeypatch):


    fake = NearlyEven()
    monkeypatch.setattr(scoring_run, "EngineProcessPool", lambda *_: fake)
    (tmp_path / "in.tsv").write_text("甲\t乙\n子\t丑\n", encoding="utf-8")
    score(tmp_path / "in.tsv", result=tmp_path / "one.tsv")
    assert fake.exact == 0
    score(tmp_path / "in.tsv", result=tmp_path / "both.tsv", symmetric=True)
    assert fake.exact == 4


def test_ranking_puts_the_likeliest_first(score, tmp_path):
    lines = ["甲\t子\tx", "乙\t丑\ty", "甲\t寅\tz", "只有一列", "甲\t\tw", "乙\t卯\tv", "甲\t辰\tu"]
    (tmp_path / "in.tsv").write_text("text_a\ttext_b\tnote\n" + "\n".join(lines), encoding="utf-8")
    score(tmp_path / "in.tsv", result=tmp_path / "sorted.tsv", sort_by_probability=True)
    written = [line.split("\t") for line in (tmp_path / "sorted.tsv").read_text(encoding="utf-8").splitlines()]
    assert written[0] == ["text_a", "text_b", "note", "probability", "prediction", "error"]
    assert [row[0] for row in written[1:]] == ["甲"] * 4 + ["乙"] * 2 + ["只有一列"]
    assert written[4][2] == "w" and written[4][-1]  # what has no score stands behind
    for group in (written[1:4], written[5:7]):
        assert [float(row[3]) for row in group] == sorted((float(row[3]) for row in group), reverse=True)
    score(tmp_path / "in.tsv", result=tmp_path / "top.tsv", top_k=1)
    top = (tmp_path / "top.tsv").read_text(encoding="utf-8").splitlines()
    assert [line.split("\t")[0] for line in top[1:]] == ["甲", "甲", "乙", "只有一列"]  # rows with an error stay


def test_ranking_without_a_header_in_json_and_packed(score, tmp_path):
    (tmp_path / "in.tsv").write_text("甲\t子\n甲\t丑\n甲\t寅\n", encoding="utf-8")
    (tmp_path / "in.jsonl.gz").write_bytes(
        gzip.compress("".join(json.dumps({"query": "甲", "title": b}) + "\n" for b in "子丑寅").encode())
    )
    score(tmp_path / "in.tsv", tmp_path / "in.jsonl.gz", top_k=2)
    rows = [line.split("\t") for line in (tmp_path / "in.scored.tsv").read_text(encoding="utf-8").splitlines()]
    objects = [json.loads(line) for line in gzip.open(tmp_path / "in.scored.jsonl.gz", "rt", encoding="utf-8")]
    assert [row[1] for row in rows] == [each["title"] for each in objects] and len(rows) == 2
    assert [float(row[2]) for row in rows] == [each["probability"] for each in objects]


def test_several_inputs_patterns_and_a_folder_for_results(score, tmp_path):
    for name in ("b", "a"):
        pairs_file(tmp_path / f"{name}.tsv", 5)
    score(tmp_path / "*.tsv", result=f"{tmp_path}/out/")
    assert sorted(os.listdir(tmp_path / "out")) == ["a.scored.tsv", "b.scored.tsv"]
    for _ in range(2):  # results are no inputs
        score(tmp_path / "*.tsv")
        assert sorted(os.listdir(tmp_path)) == ["a.scored.tsv", "a.tsv", "b.scored.tsv", "b.tsv", "out"]


@pytest.mark.parametrize(
    "sources, result, reason",
    [
        (["in.tsv"], "in.tsv", "an input file itself"),
        (["in.tsv"], "out.csv", "format of the input"),
        (["scored.tsv"], "again.tsv", "already"),
        (["nowhere.tsv"], "out.tsv", "existing file"),
        (["no*.tsv"], "out.tsv", "existing file"),
        (["folder.tsv"], "out.tsv", "a folder"),
        (["folder"], "out.tsv", "is a folder; name its files"),
        (["fol*"], "out.tsv", "existing file"),
        (["in.tsv", "in2.tsv"], "out.tsv", "must be a folder"),
        (["in.tsv"], "in2.tsv/out.tsv", "is not a folder"),
        (["empty.tsv"], "out.tsv", "empty"),
    ],
)
def test_refusals_write_nothing(score, tmp_path, sources, result, reason):
    for name in ("in.tsv", "in2.tsv"):
        (tmp_path / name).write_text("a\tb\n")
    (tmp_path / "scored.tsv").write_text("text_a\ttext_b\tprobability\na\tb\t1\n")
    (tmp_path / "empty.tsv").write_text("")
    (tmp_path / "folder.tsv").mkdir()
    (tmp_path / "folder").mkdir()
    before = sorted(os.listdir(tmp_path))
    with pytest.raises(UserError, match=reason):
        score(*[tmp_path / name for name in sources], result=tmp_path / result)
    assert sorted(os.listdir(tmp_path)) == before and (tmp_path / "in.tsv").read_text() == "a\tb\n"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read(score, tmp_path):
    (tmp_path / "in.tsv").write_text("a\tb\n")
    (tmp_path / "in.tsv").chmod(0)
    with pytest.raises(UserError, match="[Pp]ermission"):
        score(tmp_path / "in.tsv")


def test_a_pipe_is_read_once(score, tmp_path):
    os.mkfifo(tmp_path / "pipe.tsv")
    rows = "甲\t子\n乙\t丑\n".encode()
    writer = threading.Thread(target=lambda: (tmp_path / "pipe.tsv").write_bytes(rows))
    writer.start()
    assert score(tmp_path / "pipe.tsv", result=tmp_path / "out.tsv").rows == 2
    writer.join()


def test_default_name_of_the_result():
    assert default_result(Path("a/pairs.tsv.gz")) == Path("a/pairs.scored.tsv.gz")
    assert default_result(Path("v1.2.csv")) == Path("v1.2.scored.csv")


def test_line_ends_byte_order_mark_and_narrow_rows_stay_in_their_columns(score, tmp_path):
    (tmp_path / "in.csv").write_bytes("\ufefftext_a,text_b,note\r\n甲,子,x\r\n只有一格\r\n乙,丑,y".encode())
    score(tmp_path / "in.csv", result=tmp_path / "out.csv")
    written = (tmp_path / "out.csv").read_bytes().decode()
    assert written.startswith("\ufefftext_a,text_b,note,probability,prediction,error\r\n") and written.count("\r\n") == 3
    rows = list(csv.DictReader(io.StringIO(written[1:])))
    assert rows[1]["text_a"] == "只有一格" and rows[1]["prediction"] == "" and "columns" in rows[1]["error"]
    assert rows[2]["note"] == "y" and rows[2]["error"] == ""


def test_jsonl_may_begin_with_broken_lines(score, tmp_path):
    (tmp_path / "in.jsonl").write_text('{"text_a": \n\n{"text_a": "甲", "text_b": "子"}\n', encoding="utf-8")
    assert score(tmp_path / "in.jsonl", result=tmp_path / "out.jsonl").errors == 2
    out = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text(encoding="utf-8").splitlines()]
    assert out[0]["raw"] == '{"text_a": ' and out[1]["error"] == "empty line" and out[2]["error"] == ""


def test_three_labels(score, checkpoint, tmp_path, monkeypatch):
    matcher_config = MatcherConfig(["far", "near", "same"], Decision(), 32, "longest_first")
    monkeypatch.setattr(scoring_run, "read_matcher_config", lambda folder: matcher_config)
    run = scoring_run.EngineProcessPool("fp32", checkpoint, "cpu")
    two = type(run).run
    monkeypatch.setattr(type(run), "run", lambda self, *batch: np.pad(two(self, *batch), ((0, 0), (0, 1))))
    score(pairs_file(tmp_path / "in.tsv", 20), result=tmp_path / "out.tsv", symmetric=True)
    cells = [line.split("\t") for line in (tmp_path / "out.tsv").read_text(encoding="utf-8").splitlines()[1:]]
    assert all(cell[3] in matcher_config.labels and float(cell[2]) >= 1 / 3 for cell in cells)


@pytest.mark.parametrize("ending", ["tsv", "csv", "jsonl"])
def test_labels_of_any_characters_stay_in_their_cells(score, tmp_path, monkeypatch, ending):
    """A CSV of training pairs may hold labels with line breaks; a TSV has no way to write them."""
    matcher_config = MatcherConfig(['no\t"1"', "yes,\r\n2\u2028"], Decision(), 32, "longest_first")
    monkeypatch.setattr(scoring_run, "read_matcher_config", lambda folder: matcher_config)
    rows = [f"甲{n}\t乙{n}" for n in range(40)]
    if ending == "csv":
        rows = [row.replace("\t", ",") for row in rows]
    if ending == "jsonl":
        rows = [json.dumps(dict(zip(("text_a", "text_b"), row.split("\t")))) for row in rows]
    (tmp_path / f"in.{ending}").write_text("\n".join(rows) + "\n", encoding="utf-8")
    score(tmp_path / f"in.{ending}", result=tmp_path / f"out.{ending}")
    with open(tmp_path / f"out.{ending}", encoding="utf-8", newline="") as file:
        if ending == "tsv":
            cells = [line.split("\t") for line in file.read().split("\n")[:-1]]
        else:
            cells = list(csv.reader(file)) if ending == "csv" else [list(json.loads(line).values()) for line in file]
    names = ['no "1"', "yes, 2"] if ending == "tsv" else matcher_config.labels
    assert len(cells) == 40 and all(len(row) == 5 for row in cells) and {row[3] for row in cells} == set(names)


def test_progress_does_not_stand_between_the_rows(checkpoint, engine, tmp_path, monkeypatch, capfd):
    """Every 30 s there is a line of progress: not on standard output where the rows go there."""
    from app import progress
    from app.commands import predict

    monkeypatch.setattr(progress, "EVERY", 0.0)
    source = pairs_file(tmp_path / "in.tsv", 30)
    flags = ["--model_name_or_path", str(checkpoint), "--engine", "fp32", "--input_file", str(source)]
    predict.main([*flags, "--result_file", "-"])
    rows, words = capfd.readouterr()
    predict.main(flags)
    assert rows == (tmp_path / "in.scored.tsv").read_text(encoding="utf-8") and "scoring: " in words


def test_an_input_that_changes_while_it_is_scored_is_refused(score, engine, tmp_path, monkeypatch):
    source = pairs_file(tmp_path / "in.tsv", 30)
    run = type(engine).run

    def write_and_run(self, *batch):
        with open(source, "a", encoding="utf-8") as file:
            file.write("多\t一行\n")
        return run(self, *batch)

    monkeypatch.setattr(type(engine), "run", write_and_run)
    with pytest.raises(UserError, match="changed while"):
        score(source, result=tmp_path / "out.tsv")
    assert not (tmp_path / "out.tsv").exists()


def test_a_link_stays_a_link(score, tmp_path):
    (tmp_path / "real.tsv").write_text("old")
    (tmp_path / "link.tsv").symlink_to(tmp_path / "real.tsv")
    score(pairs_file(tmp_path / "in.tsv", 3), result=tmp_path / "link.tsv")
    assert (tmp_path / "link.tsv").is_symlink() and "probability" in (tmp_path / "real.tsv").read_text(encoding="utf-8")


@pytest.mark.parametrize("ending", ["tsv", "parquet"])
def test_memory_does_not_grow_with_the_input(checkpoint, tmp_path, ending):
    """Three times as many distinct rows, and the first file fills all bounded stores."""
    code = """
import re, sys
sys.path.insert(0, "tests")
from fake_engine import FakeEngine, PredictOptions, plan, scoring_run

engine = FakeEngine()
engine.pairs = type("Nothing", (list,), {"append": lambda *_: None})()
scoring_run.EngineProcessPool = lambda *_: engine
options = PredictOptions(sys.argv[1], (sys.argv[2],), engine="fp32")
scoring_run.score_files(plan(options), options, ["fp32"], lambda rows: None)
# Not getrusage: its ru_maxrss begins with what the process that started this one had.
print(re.search(r"VmHWM:\\s+(\\d+)", open("/proc/self/status").read())[1])
"""
    peak = []
    for rows in (60_000, 180_000):
        source = tmp_path / f"{rows}.{ending}"
        pairs = pd.DataFrame([(f"甲{number}", f"乙{number % 1000}") for number in range(rows)], columns=["text_a", "text_b"])
        if ending == "parquet":
            pairs.to_parquet(source, row_group_size=10_000)
        else:
            pairs.to_csv(source, sep="\t", index=False)
        done = subprocess.run(
            [sys.executable, "-c", code, str(checkpoint), str(source)], cwd=ROOT, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
        peak.append(int(done.stdout.splitlines()[-1]))
    assert peak[1] - peak[0] < 24_000, peak  # KiB: two strings (80 bytes each) and a tuple (56) of each of 120,000 rows
