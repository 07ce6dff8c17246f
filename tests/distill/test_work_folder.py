"""The result is whole or not there; only vectors stay after an error."""

import os

import pytest

from app.distill.work_folder import COMPLETE, VECTORS, check_not_read, work_folder
from app.errors import Busy, UserError
from app.predict.input_files import check_writable


def make(result, content="new", vectors=False, fails=False):
    with work_folder(result) as folder:
        (folder / COMPLETE).write_text(content)
        if vectors:
            (folder / VECTORS).write_text("v")
        if fails:
            raise ValueError


def test_a_result_replaces_the_old_one_and_nothing_else_is_left(tmp_path):
    result = tmp_path / "new/folder/r.tsv"
    make(result, "old")
    make(result, vectors=True)
    assert result.read_text() == "new" and list(result.parent.iterdir()) == [result]


@pytest.mark.parametrize("vectors", [False, True])
def test_after_an_error_only_vectors_stay(tmp_path, vectors):
    result = tmp_path / "r.tsv"
    result.write_text("old")
    with pytest.raises(ValueError):
        make(result, vectors=vectors, fails=True)
    assert result.read_text() == "old"
    left = {file.name for file in (tmp_path / ".r.tsv.work").glob("[!.]*")} if (tmp_path / ".r.tsv.work").exists() else set()
    assert left == ({VECTORS} if vectors else set())
    make(result)
    assert result.read_text() == "new" and list(tmp_path.iterdir()) == [result]


def test_what_a_kill_has_left_is_not_used(tmp_path):
    folder = tmp_path / ".r.tsv.work"
    folder.mkdir()
    for name in (COMPLETE, "rows", VECTORS, f"{VECTORS}-wal"):
        (folder / name).write_text("x")
    with work_folder(tmp_path / "r.tsv"):
        assert {file.name for file in folder.iterdir()} == {VECTORS, f"{VECTORS}-wal", ".lock"}
        (folder / COMPLETE).write_text("new")


def test_one_command_at_a_time_makes_a_result(tmp_path):
    with work_folder(tmp_path / "r.tsv") as folder:
        with pytest.raises(Busy):
            make(tmp_path / "r.tsv")
        make(tmp_path / "other.tsv")
        (folder / COMPLETE).write_text("first")
    assert (tmp_path / "r.tsv").read_text() == "first"


def test_results_that_cannot_be_written(tmp_path):
    source, link = tmp_path / "in.txt", tmp_path / "link.tsv"
    source.write_text("x")
    os.symlink(source, link)
    for result, message in [(link, "reads"), (source, "reads"), (tmp_path, "not a file"), (source / "r.tsv", "not a folder")]:
        with pytest.raises(UserError, match=message):
            check_not_read(result, str(source), "")
            check_writable(result)
    check_not_read(tmp_path / "a/b/r.tsv", str(source), "")
    check_writable(tmp_path / "a/b/r.tsv")
    assert sorted(tmp_path.iterdir()) == [source, link]
