"""Stopped at any moment, the same command continues, and the result is the one of a run that was never stopped."""

import itertools
import os
import random
import resource
import shutil
import signal
import sqlite3
import subprocess
import sys
import time

import pytest
from conftest import ROOT, sample_lines
from fake_engine import FakeEngine

from app.errors import UserError
from app.predict import ranking
from app.predict.journal import side_folder


@pytest.fixture
def source(tmp_path):
    lines = [line.rpartition("\t")[0] for line in sample_lines("train", 200).splitlines()]
    (tmp_path / "in.tsv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return tmp_path / "in.tsv"


@pytest.fixture(autouse=True)
def small_windows(monkeypatch):
    monkeypatch.setattr(FakeEngine, "window_rows", 16)


@pytest.mark.parametrize("ending", ["", ".gz"])
def test_what_failed_in_the_middle_goes_on(score, engine, source, tmp_path, ending):
    if ending:
        import gzip

        source = tmp_path / "in.tsv.gz"
        source.write_bytes(gzip.compress((tmp_path / "in.tsv").read_bytes()))
    whole, result = tmp_path / f"whole.tsv{ending}", tmp_path / f"out.tsv{ending}"
    score(source, result=whole)
    for pairs in (40, 90, 10):
        engine.pairs.clear()
        engine.fail_after = pairs
        with pytest.raises(RuntimeError):
            score(source, result=result)
        assert not result.exists()
    engine.pairs.clear()
    engine.fail_after = None
    summary = score(source, result=result)
    assert result.read_bytes() == whole.read_bytes() and summary.rows == 200
    assert len(set(engine.pairs)) < 150  # what was scored before is not scored again
    assert not side_folder(result).exists()


def test_a_torn_journal_and_a_longer_part_are_cut(score, engine, source, tmp_path):
    """What a power cut may leave: rows without their journal line, half a line."""
    score(source, result=tmp_path / "whole.tsv")
    engine.pairs.clear()
    engine.fail_after = 100
    with pytest.raises(RuntimeError):
        score(source, result=tmp_path / "out.tsv")
    side = side_folder(tmp_path / "out.tsv")
    with open(side / "rows", "ab") as part, open(side / "journal.jsonl", "ab") as journal:
        part.write("半行".encode()[:4])
        journal.write(b'{"place": [12')
    engine.fail_after = None
    score(source, result=tmp_path / "out.tsv")
    assert (tmp_path / "out.tsv").read_bytes() == (tmp_path / "whole.tsv").read_bytes()


class PowerCut(BaseException):
    """Nothing that a program could catch and tidy up after."""


@pytest.mark.parametrize("options", [{}, {"sort_by_probability": True}])
def test_cut_off_at_any_step_the_same_command_goes_on(score, source, tmp_path, monkeypatch, options):
    """At each call that changes what is on disk, once: before the result is there, while it is put in place, and after."""
    monkeypatch.setattr(FakeEngine, "window_rows", 64)
    score(source, result=tmp_path / "whole.tsv", **options)
    result, steps = tmp_path / "out.tsv", 0
    while True:
        calls = itertools.count(1)
        steps += 1

        def or_cut(change, at=steps, calls=calls):
            def changed(*arguments, **more):
                if next(calls) == at:
                    raise PowerCut
                return change(*arguments, **more)

            return changed

        with monkeypatch.context() as faults:
            for module, name in ((os, "replace"), (os, "fsync"), (os, "link"), (os, "unlink"), (shutil, "rmtree")):
                faults.setattr(module, name, or_cut(getattr(module, name)))
            try:
                score(source, result=result, **options)
                cut = False
            except PowerCut:
                cut = True
        assert not result.exists() or result.read_bytes() == (tmp_path / "whole.tsv").read_bytes(), steps
        score(source, result=result, **options)
        assert result.read_bytes() == (tmp_path / "whole.tsv").read_bytes(), steps
        assert not side_folder(result).exists(), steps
        result.unlink()
        if not cut:
            assert steps > 20
            return


def test_a_changed_input_and_other_options_are_refused(score, engine, source, tmp_path):
    engine.fail_after = 100
    with pytest.raises(RuntimeError):
        score(source, result=tmp_path / "out.tsv")
    engine.fail_after = None
    with pytest.raises(UserError, match="symmetric False; --overwrite"):
        score(source, result=tmp_path / "out.tsv", symmetric=True)
    assert sorted(os.listdir(side_folder(tmp_path / "out.tsv"))) == [".lock", "journal.jsonl", "rows"]
    source.write_text(source.read_text(encoding="utf-8") + "多\t一行\n", encoding="utf-8")
    with pytest.raises(UserError, match="in.tsv has changed since; --overwrite starts again"):
        score(source, result=tmp_path / "out.tsv")
    assert not (tmp_path / "out.tsv").exists()
    assert score(source, result=tmp_path / "out.tsv", overwrite=True).rows == 201


def test_a_refused_command_does_not_keep_the_first_from_going_on(score, engine, source, tmp_path):
    """It left a folder of its own behind, and then the command that had been killed was refused, too."""
    score(source, result=tmp_path / "whole.tsv")
    engine.fail_after = 150
    with pytest.raises(RuntimeError):
        score(source, result=tmp_path / "out.tsv")
    engine.fail_after = None
    for options in (dict(symmetric=True), dict(top_k=1), dict(header="yes")):
        with pytest.raises(UserError, match="its scoring was started"):
            score(source, result=tmp_path / "out.tsv", **options)
    score(source, result=tmp_path / "out.tsv")
    assert (tmp_path / "out.tsv").read_bytes() == (tmp_path / "whole.tsv").read_bytes()


def test_of_several_files_the_finished_ones_stay(score, engine, source, tmp_path):
    (tmp_path / "b.tsv").write_text("甲\t子\n" * 3 + "".join(f"乙{n}\t丑\n" for n in range(90)), encoding="utf-8")
    engine.fail_after = 230
    with pytest.raises(RuntimeError):
        score(source, tmp_path / "b.tsv")
    assert (tmp_path / "in.scored.tsv").is_file() and not (tmp_path / "b.scored.tsv").exists()
    written = os.stat(tmp_path / "in.scored.tsv").st_mtime_ns
    engine.fail_after = None
    first, second = score(source, tmp_path / "b.tsv")
    assert first.rows == 200 and second.rows == 93
    assert os.stat(tmp_path / "in.scored.tsv").st_mtime_ns == written
    assert sorted(os.listdir(tmp_path)) == ["b.scored.tsv", "b.tsv", "in.scored.tsv", "in.tsv"]


@pytest.fixture(scope="module")
def long_file(tmp_path_factory):
    return write_long(tmp_path_factory.mktemp("long") / "in.tsv", 12_000)


def write_long(path, count):
    """Pairs, all different: short, for the model's sake, in rows that are long for the disk's."""
    rows = [f"问{number}\t答{number % 97}\t{'-' * 80}\n" for number in range(count)]
    path.write_text("text_a\ttext_b\tnote\n" + "".join(rows), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def undisturbed(small_matcher, long_file):
    """Its scored rows, and the seconds that they took."""
    began, result = time.monotonic(), long_file.with_name("whole.tsv")
    subprocess.run(command(small_matcher / "best", long_file, result), cwd=ROOT, check=True, capture_output=True)
    return result.read_bytes(), time.monotonic() - began


def command(model, source, result, *flags):
    return [
        sys.executable, "-m", "app", "predict", "--model_name_or_path", str(model), "--input_file", str(source), "--result_file", str(result),
        "--engine", "fp32", *flags,
    ]  # fmt: skip


@pytest.mark.parametrize("kills", [2, pytest.param(20, marks=pytest.mark.slow)])
def test_killed_at_random_moments_the_result_is_the_same(small_matcher, long_file, undisturbed, tmp_path, kills):
    """Real processes, SIGKILL."""
    model, moments, result = small_matcher / "best", random.Random(kills), tmp_path / "out.tsv"
    whole, takes = undisturbed
    killed = 0
    while killed < kills:
        process = subprocess.Popen(command(model, long_file, result), cwd=ROOT, stdout=subprocess.DEVNULL)
        try:
            process.wait(moments.uniform(0.2, 1) * takes)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            process.wait()
            killed += 1
            continue
        assert result.read_bytes() == whole  # it got through; once more
        result.unlink()
    subprocess.run(command(model, long_file, result), cwd=ROOT, check=True, capture_output=True)
    assert result.read_bytes() == whole
    assert os.listdir(tmp_path) == ["out.tsv"]


def test_a_full_disk_is_one_line_and_the_same_command_goes_on(small_matcher, long_file, undisturbed, tmp_path):
    model, result = small_matcher / "best", tmp_path / "out.tsv"
    limit = lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (800_000, 800_000))  # noqa: E731
    full = subprocess.run(
        command(model, long_file, result), cwd=ROOT, preexec_fn=limit, capture_output=True, text=True, encoding="utf-8"
    )
    assert full.returncode == 2 and full.stderr.count("\n") == 1 and "cannot write" in full.stderr
    assert not result.exists() and (side_folder(result) / "rows").stat().st_size > 0
    subprocess.run(command(model, long_file, result), cwd=ROOT, check=True, capture_output=True)
    assert result.read_bytes() == undisturbed[0]


def test_a_disk_that_is_full_while_rows_are_sorted_is_one_line(score, source, tmp_path, monkeypatch):
    """SQLite, which keeps the order, says it in an error of its own."""
    def full(*_):
        raise sqlite3.OperationalError("database or disk is full")

    with monkeypatch.context() as patch:
        patch.setattr(ranking, "_insert_rows", full)
        with pytest.raises(UserError, match="cannot be sorted .database or disk is full.; is the disk full"):
            score(source, result=tmp_path / "out.tsv", sort_by_probability=True)
    assert not (tmp_path / "out.tsv").exists()
    assert score(source, result=tmp_path / "out.tsv", sort_by_probability=True).rows == 200
    assert sorted(os.listdir(tmp_path)) == ["in.tsv", "out.tsv"]


def test_ctrl_c_says_how_to_go_on(small_matcher, tmp_path):
    """A terminal sends it to all processes: one of them answers."""
    source = write_long(tmp_path / "in.tsv", 200_000)  # enough for half a minute
    process = subprocess.Popen(
        command(small_matcher / "best", source, tmp_path / "out.tsv"),
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # in a script's background job it is ignored
    )  # fmt: skip
    side = side_folder(tmp_path / "out.tsv")
    while process.poll() is None and not (side / "rows").is_file():
        time.sleep(0.05)
    os.killpg(process.pid, signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert said.decode() == "stopped; the scored rows are kept, the same command continues\n" and process.returncode == 130


def test_two_at_once_are_refused(score, engine, source, tmp_path):
    """Two processes that write into one side folder would spoil it."""
    import fcntl

    side_folder(tmp_path / "out.tsv").mkdir(parents=True)
    with open(side_folder(tmp_path / "out.tsv") / ".lock", "w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        with pytest.raises(UserError, match="at work"):
            score(source, result=tmp_path / "out.tsv")
