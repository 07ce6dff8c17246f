"""A run that is stopped at any moment is continued by the same command, and gives the result of a run that was never stopped."""

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
def test_a_run_that_failed_half_way_is_continued(score, engine, source, tmp_path, ending):
    if ending:
        import gzip

        source = tmp_path / "in.tsv.gz"
        source.write_bytes(gzip.compress((tmp_path / "in.tsv").read_bytes()))
    complete, result = tmp_path / f"complete.tsv{ending}", tmp_path / f"out.tsv{ending}"
    score(source, result=complete)
    for pairs in (40, 90, 10):
        engine.pairs.clear()
        engine.fail_after = pairs
        with pytest.raises(RuntimeError):
            score(source, result=result)
        assert not result.exists()
    engine.pairs.clear()
    engine.fail_after = None
    summary = score(source, result=result)
    assert result.read_bytes() == complete.read_bytes() and summary.rows == 200
    assert len(set(engine.pairs)) < 150  # scored rows are not scored again
    assert not side_folder(result).exists()


def test_an_incomplete_last_line_of_the_journal_is_removed(score, engine, source, tmp_path):
    """After a power cut there may be rows without their journal line, and half a line."""
    score(source, result=tmp_path / "complete.tsv")
    engine.pairs.clear()
    engine.fail_after = 100
    with pytest.raises(RuntimeError):
        score(source, result=tmp_path / "out.tsv")
    side = side_folder(tmp_path / "out.tsv")
    with open(side / "rows", "ab") as rows, open(side / "journal.jsonl", "ab") as journal:
        rows.write("半行".encode()[:4])
        journal.write(b'{"place": [12')
    engine.fail_after = None
    score(source, result=tmp_path / "out.tsv")
    assert (tmp_path / "out.tsv").read_bytes() == (tmp_path / "complete.tsv").read_bytes()


class PowerCut(BaseException):
    """Not an Exception: no handler of the program catches it."""


@pytest.mark.parametrize("options", [{}, {"sort_by_probability": True}])
def test_after_a_power_cut_at_any_step_the_same_command_continues(score, source, tmp_path, monkeypatch, options):
    """A power cut at each call that changes the disk: before the result is published, during that, and after."""
    monkeypatch.setattr(FakeEngine, "window_rows", 64)
    score(source, result=tmp_path / "complete.tsv", **options)
    result, steps = tmp_path / "out.tsv", 0
    while True:
        calls = itertools.count(1)
        steps += 1

        def with_power_cut(change, at=steps, calls=calls):
            def changed(*arguments, **options):
                if next(calls) == at:
                    raise PowerCut
                return change(*arguments, **options)

            return changed

        with monkeypatch.context() as faults:
            for module, name in ((os, "replace"), (os, "fsync"), (os, "link"), (os, "unlink"), (shutil, "rmtree")):
                faults.setattr(module, name, with_power_cut(getattr(module, name)))
            try:
                score(source, result=result, **options)
                interrupted = False
            except PowerCut:
                interrupted = True
        assert not result.exists() or result.read_bytes() == (tmp_path / "complete.tsv").read_bytes(), steps
        score(source, result=result, **options)
        assert result.read_bytes() == (tmp_path / "complete.tsv").read_bytes(), steps
        assert not side_folder(result).exists(), steps
        result.unlink()
        if not interrupted:
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


def test_a_refused_command_does_not_stop_the_first_one_from_continuing(score, engine, source, tmp_path):
    """Regression: it left a folder of its own, and then the command that had been killed was refused as well."""
    score(source, result=tmp_path / "complete.tsv")
    engine.fail_after = 150
    with pytest.raises(RuntimeError):
        score(source, result=tmp_path / "out.tsv")
    engine.fail_after = None
    for options in (dict(symmetric=True), dict(top_k=1), dict(header="yes")):
        with pytest.raises(UserError, match="its scoring was started"):
            score(source, result=tmp_path / "out.tsv", **options)
    score(source, result=tmp_path / "out.tsv")
    assert (tmp_path / "out.tsv").read_bytes() == (tmp_path / "complete.tsv").read_bytes()


def test_finished_files_of_several_are_not_scored_again(score, engine, source, tmp_path):
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
    """Writes different pairs: short texts, to be fast, in long rows, to fill the disk."""
    rows = [f"问{number}\t答{number % 97}\t{'-' * 80}\n" for number in range(count)]
    path.write_text("text_a\ttext_b\tnote\n" + "".join(rows), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def uninterrupted(small_matcher, long_file):
    """The scored rows of the long file, and the seconds of the run."""
    start, result = time.monotonic(), long_file.with_name("complete.tsv")
    subprocess.run(command(small_matcher / "best", long_file, result), cwd=ROOT, check=True, capture_output=True)
    return result.read_bytes(), time.monotonic() - start


def command(model, source, result, *flags):
    return [
        sys.executable, "-m", "app", "predict", "--model_name_or_path", str(model), "--input_file", str(source), "--result_file", str(result),
        "--engine", "fp32", *flags,
    ]  # fmt: skip


@pytest.mark.parametrize("kills", [2, pytest.param(20, marks=pytest.mark.slow)])
def test_killed_at_random_moments_the_result_is_the_same(small_matcher, long_file, uninterrupted, tmp_path, kills):
    """Real processes, ended by SIGKILL."""
    model, moments, result = small_matcher / "best", random.Random(kills), tmp_path / "out.tsv"
    complete, seconds = uninterrupted
    killed = 0
    while killed < kills:
        process = subprocess.Popen(command(model, long_file, result), cwd=ROOT, stdout=subprocess.DEVNULL)
        try:
            process.wait(moments.uniform(0.2, 1) * seconds)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            process.wait()
            killed += 1
            continue
        assert result.read_bytes() == complete  # it ended before the kill: try again
        result.unlink()
    subprocess.run(command(model, long_file, result), cwd=ROOT, check=True, capture_output=True)
    assert result.read_bytes() == complete
    assert os.listdir(tmp_path) == ["out.tsv"]


def test_a_full_disk_is_one_error_line_and_the_same_command_continues(small_matcher, long_file, uninterrupted, tmp_path):
    model, result = small_matcher / "best", tmp_path / "out.tsv"
    limit = lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (800_000, 800_000))  # noqa: E731
    full = subprocess.run(
        command(model, long_file, result), cwd=ROOT, preexec_fn=limit, capture_output=True, text=True, encoding="utf-8"
    )
    assert full.returncode == 2 and full.stderr.count("\n") == 1 and "cannot write" in full.stderr
    assert not result.exists() and (side_folder(result) / "rows").stat().st_size > 0
    subprocess.run(command(model, long_file, result), cwd=ROOT, check=True, capture_output=True)
    assert result.read_bytes() == uninterrupted[0]


def test_a_full_disk_while_rows_are_sorted_is_one_error_line(score, source, tmp_path, monkeypatch):
    """SQLite sorts the rows and raises an error of its own."""

    def full(*_):
        raise sqlite3.OperationalError("database or disk is full")

    with monkeypatch.context() as patch:
        patch.setattr(ranking, "_insert_rows", full)
        with pytest.raises(UserError, match="cannot be sorted .database or disk is full.; is the disk full"):
            score(source, result=tmp_path / "out.tsv", sort_by_probability=True)
    assert not (tmp_path / "out.tsv").exists()
    assert score(source, result=tmp_path / "out.tsv", sort_by_probability=True).rows == 200
    assert sorted(os.listdir(tmp_path)) == ["in.tsv", "out.tsv"]


def test_ctrl_c_says_how_to_continue(small_matcher, tmp_path):
    """A terminal sends SIGINT to all processes; only one message is printed."""
    source = write_long(tmp_path / "in.tsv", 200_000)  # enough for half a minute
    process = subprocess.Popen(
        command(small_matcher / "best", source, tmp_path / "out.tsv"),
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # background jobs of a script ignore it
    )  # fmt: skip
    side = side_folder(tmp_path / "out.tsv")
    while process.poll() is None and not (side / "rows").is_file():
        time.sleep(0.05)
    os.killpg(process.pid, signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert errors.decode() == "stopped; the scored rows are kept, the same command continues\n" and process.returncode == 130


def test_a_second_run_with_the_same_result_is_refused(score, engine, source, tmp_path):
    """Two processes must not write into one side folder."""
    import fcntl

    side_folder(tmp_path / "out.tsv").mkdir(parents=True)
    with open(side_folder(tmp_path / "out.tsv") / ".lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(UserError, match="another run is using"):
            score(source, result=tmp_path / "out.tsv")
