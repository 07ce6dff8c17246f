"""`--input_file` and `--result_file`: patterns, pipes, default names, and wrong ones, which are refused before anything is written."""

import os
import threading
from pathlib import Path

import pytest
from conftest import pairs_file

from app.errors import UserError
from app.predict.input_files import default_result


def test_several_inputs_patterns_and_a_folder_for_results(score, tmp_path):
    for name in ("b", "a"):
        pairs_file(tmp_path / f"{name}.tsv", 5)
    score(tmp_path / "*.tsv", result=f"{tmp_path}/out/")
    assert sorted(os.listdir(tmp_path / "out")) == ["a.scored.tsv", "b.scored.tsv"]
    for _ in range(2):  # results are not read as inputs
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
def test_a_refused_command_writes_nothing(score, tmp_path, sources, result, reason):
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
def test_a_file_without_read_permission(score, tmp_path):
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


def test_the_default_name_of_the_result():
    assert default_result(Path("a/pairs.tsv.gz")) == Path("a/pairs.scored.tsv.gz")
    assert default_result(Path("v1.2.csv")) == Path("v1.2.scored.csv")


@pytest.mark.parametrize("source, result", [("in.tsv", "out.xlsx"), ("in.tsv", "out.json"), ("in.json", "out.csv"), ("in.csv", "out.tsv")])
def test_a_result_in_another_format_is_refused(score, tmp_path, source, result):
    text = {"in.json": '[{"text_a": "x", "text_b": "y"}]', "in.tsv": "甲\t乙\n", "in.csv": "甲,乙\n"}[source]
    (tmp_path / source).write_text(text, encoding="utf-8")
    with pytest.raises(UserError, match="must have the format of the input"):
        score(tmp_path / source, result=tmp_path / result)
