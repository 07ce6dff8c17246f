"""`python -m app pairs`: what is written for any flags, and what is left after errors, kills and Ctrl-C."""

import gzip
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from conftest import ROOT, sample_lines
from distill.toy_teacher import NAME, PATH

from app.commands import pairs
from app.errors import UserError
from app.text.pair_file import PairFile

TOY = f"{NAME}:encode"


@pytest.fixture(scope="module")
def texts(tmp_path_factory) -> Path:
    """A file of 300 texts, two a line."""
    path = tmp_path_factory.mktemp("texts") / "texts.txt"
    lines = sample_lines("train", 150).splitlines()[1:]
    path.write_text("".join("\t".join(line.split("\t")[:2]) + "\n" for line in lines), encoding="utf-8")
    return path


def make(texts, result, *flags):
    """Runs the command in this process. Returns the rows of the result."""
    pairs.main(["--input_file", str(texts), "--result_file", str(result), *flags])
    return [line.split("\t") for line in result.read_text(encoding="utf-8").splitlines()]


def test_the_result_is_a_pair_file_with_kinds_and_cosines(texts, tmp_path, capsys):
    rows = make(texts, tmp_path / "new/r.tsv", "--teacher", TOY)
    assert rows[0] == ["text_a", "text_b", "kind", "cosine"]
    assert {row[2] for row in rows[1:]} == {"group", "teacher", "bm25", "near_miss", "rewording", "random"}
    assert all(-1 <= float(row[3]) <= 1 for row in rows[1:])
    own = {text for line in texts.read_text(encoding="utf-8").splitlines() for text in line.split("\t")}
    assert all({row[0], row[1]} <= own or row[2] in ("near_miss", "rewording") for row in rows[1:])
    with PairFile(str(tmp_path / "new/r.tsv")) as file:
        assert [(row.text_a, row.text_b) for row in file if not row.error] == [tuple(row[:2]) for row in rows[1:]]
    printed = capsys.readouterr().out
    assert f"{len(rows) - 1:,} pairs of {len(own):,} texts" in printed and "near_miss" in printed and "cosine" in printed
    assert list((tmp_path / "new").iterdir()) == [tmp_path / "new/r.tsv"]


def test_the_seed_decides(texts, tmp_path):
    first, again, other = (make(texts, tmp_path / "r.tsv", "--seed", seed, "--both_orders") for seed in "112")
    assert first == again != other
    assert first[0] == ["text_a", "text_b", "kind"]
    assert [row[:2] for row in first[2::2]] == [row[1::-1] for row in first[1::2]]


def test_blocks_bound_the_distance_of_neighbours(texts, tmp_path):
    numbered = tmp_path / "in.txt"
    numbered.write_text("".join(f"{number}号线几点开\n" for number in range(100)), encoding="utf-8")
    rows = make(numbered, tmp_path / "r.tsv", "--block_texts", "10", "--bm25_pairs", "1", "--near_miss_pairs", "0", "--rewording_pairs", "0")
    assert len(rows) > 100 and all(len({int(text.partition("号")[0]) // 10 for text in row[:2]}) == 1 for row in rows[1:])


def test_a_packed_result(texts, tmp_path):
    plain = make(texts, tmp_path / "r.tsv")
    pairs.main(["--input_file", str(texts), "--result_file", str(tmp_path / "r.tsv.gz")])
    assert [line.split("\t") for line in gzip.decompress((tmp_path / "r.tsv.gz").read_bytes()).decode().splitlines()] == plain


@pytest.mark.parametrize("name, result", [("a.txt", "a.pairs.tsv"), ("a.b.txt.gz", "a.b.pairs.tsv"), ("a.tsv", "a.pairs.tsv"), (".txt", ".pairs.tsv")])
def test_the_name_of_the_result(tmp_path, name, result):
    (tmp_path / name).touch()
    assert pairs.PairsOptions(input_file=str(tmp_path / name)).result == tmp_path / result


@pytest.mark.parametrize(
    "flags, message",
    [
        (["--input_file", "nothing.txt"], "--input_file nothing.txt: must be an existing file"),
        (["--bm25_pairs", "-1"], "--bm25_pairs -1.0: must be from 0 to 100"),
        (["--random_pairs", "nan"], "--random_pairs nan: must be from 0 to 100"),
        (["--block_texts", "1"], "must be 2 or more"),
        (["--max_characters", "0"], "must be 1 or more"),
        (["--seed", "-1"], "must be 0 or more"),
        (["--teacher_pairs", "3"], "must be left out without --teacher"),
        (["--cache", "c"], "must be empty without --teacher"),
        (["--teacher", TOY, "--cache", "no/folder"], "must be a file in an existing folder"),
        (["--teacher", f"{NAME}:nan"], "zero or not finite"),
        (["--teacher", "nothing_like_that:f"], "cannot be imported"),
        (["--result_file", "new/r.csv"], "must be a .tsv or .tsv.gz file"),
    ],
)
def test_wrong_flags_change_nothing(texts, tmp_path, monkeypatch, flags, message):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserError, match=message):
        pairs.main(["--input_file", str(texts), "--result_file", "new/r.tsv", *flags])
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("content", ["", "\n \n", "？\n", "single_text\n"])
def test_without_a_pair_there_is_no_result(tmp_path, content):
    (tmp_path / "in.txt").write_text(content, encoding="utf-8")
    with pytest.raises(UserError, match="no pair could be made of [01] usable texts"):
        make(tmp_path / "in.txt", tmp_path / "r.tsv")
    assert [file.name for file in tmp_path.iterdir()] == ["in.txt"]


def test_the_input_is_never_overwritten(texts, tmp_path):
    os.symlink(texts, tmp_path / "link.tsv")
    with pytest.raises(UserError, match="is a file that this command reads"):
        make(texts, tmp_path / "link.tsv")


def test_a_damaged_cache_is_one_line(texts, tmp_path):
    (tmp_path / "cache").write_text("something else")
    with pytest.raises(UserError, match="--cache .*cannot be used .*; if it is damaged, delete it"):
        make(texts, tmp_path / "r.tsv", "--teacher", TOY, "--cache", str(tmp_path / "cache"))
    assert not (tmp_path / "r.tsv").exists()


# -- as a process ------------------------------------------------------------------------------------------------------


FEW = ["--near_miss_pairs", "0", "--rewording_pairs", "0"]  # pairs of the texts alone: 300 to encode


def start(texts, result, log, calls):
    command = [sys.executable, "-m", "app", "pairs", "--input_file", str(texts), "--result_file", str(result), "--teacher", f"{NAME}:hanging", *FEW]
    return subprocess.Popen(
        command, cwd=ROOT, env={**PATH, "TOY_LOG": str(log), "TOY_CALLS": str(calls)}, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def wait_for_texts(log, count):
    for _ in range(600):
        if log.exists() and len(log.read_text(encoding="utf-8").splitlines()) > count:
            return
        time.sleep(0.05)
    raise AssertionError("nothing was encoded")


def test_killed_or_stopped_it_continues_to_the_same_bytes(texts, tmp_path):
    result, log = tmp_path / "r.tsv", tmp_path / "log"
    running = start(texts, result, log, 3)  # a probe and two batches
    wait_for_texts(log, 70)
    running.kill()
    running.communicate()
    assert not result.exists()
    before = set(log.read_text(encoding="utf-8").splitlines()[2:64])  # after the probe; surely kept

    running = start(texts, result, log, 2)
    wait_for_texts(log, len(log.read_text(encoding="utf-8").splitlines()) + 2)
    running.send_signal(signal.SIGINT)
    out, err = running.communicate(timeout=60)
    assert running.returncode == 130 and err == "stopped; the teacher's vectors are kept, the same command continues\n", out + err
    assert not result.exists()

    log.unlink()
    running = start(texts, result, log, 100)
    out, err = running.communicate(timeout=60)
    assert running.returncode == 0 and not err, out + err
    assert not before & set(log.read_text(encoding="utf-8").splitlines())
    content = result.read_bytes()
    assert sorted(tmp_path.iterdir()) == [log, result]
    make(texts, result, "--teacher", TOY, *FEW)  # never interrupted, and the same vectors
    assert result.read_bytes() == content


@pytest.mark.slow
def test_memory_does_not_grow_with_the_file(tmp_path):
    """VmHWM in kB of the command for 2,000 and for 20,000 texts, in blocks of 1,000."""
    program = (
        "import sys; from app import runtime; runtime.prepare(); from app.commands import pairs; pairs.main(sys.argv[1:])\n"
        "print('peak', [line.split()[1] for line in open('/proc/self/status') if line.startswith('VmHWM')][0])"
    )
    peaks = []
    for count in (2_000, 20_000):
        source = tmp_path / f"{count}.txt"
        source.write_text("".join(f"第{number}号店的{number % 977}号商品怎么买\n" for number in range(count)), encoding="utf-8")
        done = subprocess.run(
            [sys.executable, "-c", program, "--input_file", str(source), "--block_texts", "1000", "--teacher", TOY],
            cwd=ROOT, env=PATH, capture_output=True, text=True,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        peaks.append(int(done.stdout.split("peak ")[1]))
    assert peaks[1] < peaks[0] + 20_000
