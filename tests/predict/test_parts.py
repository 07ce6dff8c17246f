"""A file divided among processes: no row lost, none twice, and the result is that of one process."""

import gzip
import os
import subprocess
import sys

import pytest
from conftest import ROOT, run_app, sample_lines
from hypothesis import given, settings
from hypothesis import strategies as st

from app.predict.parts import row_range
from app.text.pairs import PairFile


def divided(path, parts):
    """The rows of each part."""
    found = []
    for number in range(parts):
        with PairFile(str(path)) as file:
            begin, end = row_range(file, number, parts)
            file.skip_to(begin)
            rows = iter(file)
            while file.place[0] < end:
                row = next(rows, None)
                if row is None:
                    break
                found.append((row.line, row.raw))
    return found


CELL = st.sampled_from(["甲", "ab", '"两\n行"', '"x,""y"""', "", '"', "长" * 40])


@settings(max_examples=80, deadline=None)
@given(
    rows=st.lists(st.tuples(CELL, CELL), min_size=1, max_size=12), parts=st.integers(1, 6), header=st.booleans(),
    line_end=st.sampled_from(["\n", "\r\n"]), kind=st.sampled_from(["csv", "tsv", "csv.gz", "tsv.gz"]), closed=st.booleans(),
)  # fmt: skip
def test_parts_have_every_row_once_and_in_order(tmp_path_factory, rows, parts, header, line_end, kind, closed):
    """Quoted cells hold line breaks, quotes are broken, the last line may have no end."""
    separator = "," if "csv" in kind else "\t"
    lines = [separator.join(row) for row in ([("text_a", "text_b")] if header else [("一", "二")]) + rows]
    data = (line_end.join(lines) + (line_end if closed else "")).encode()
    path = tmp_path_factory.mktemp("parts") / f"in.{kind}"
    path.write_bytes(gzip.compress(data) if kind.endswith(".gz") else data)
    with PairFile(str(path)) as file:
        whole = [(row.line, row.raw) for row in file]
    assert divided(path, parts) == whole


@pytest.mark.parametrize("ending", ["tsv", "csv", "jsonl", "tsv.gz"])
def test_whoever_ends_last_puts_the_result_together(score, tmp_path, ending):
    lines = [line.split("\t")[:2] for line in sample_lines("train", 90).splitlines()]
    if ending == "jsonl":
        text = "".join(f'{{"text_a": "{a}", "text_b": "{b}"}}\n' for a, b in lines[1:])
    else:
        text = "".join(("\t" if "tsv" in ending else ",").join(line) + "\n" for line in lines)
    source = tmp_path / f"in.{ending}"
    source.write_bytes(gzip.compress(text.encode()) if ending.endswith(".gz") else text.encode())
    whole, result = tmp_path / f"whole.{ending}", tmp_path / f"out.{ending}"
    score(source, result=whole)
    assert score(source, result=result, shard="2/3") is None and score(source, result=result, shard="0/3") is None
    assert not result.exists()
    summary = score(source, result=result, shard="1/3")
    read = (lambda path: gzip.decompress(path.read_bytes())) if ending.endswith(".gz") else (lambda path: path.read_bytes())
    assert read(result) == read(whole) and summary.rows == 90
    assert sorted(os.listdir(tmp_path)) == sorted([source.name, whole.name, result.name])


def test_a_part_may_be_scored_again_until_all_are_done(score, tmp_path):
    """A scheduler may start a part twice."""
    (tmp_path / "in.tsv").write_text("".join(f"甲{n}\t乙\n" for n in range(20)), encoding="utf-8")
    for _ in range(2):
        assert score(tmp_path / "in.tsv", result=tmp_path / "out.tsv", shard="0/2") is None
    assert score(tmp_path / "in.tsv", result=tmp_path / "out.tsv", shard="1/2").rows == 20


def test_parts_and_ranking(score, tmp_path):
    (tmp_path / "in.tsv").write_text("".join(f"甲{n % 3}\t乙{n}\n" for n in range(30)), encoding="utf-8")
    score(tmp_path / "in.tsv", result=tmp_path / "whole.tsv", top_k=2)
    for number in range(3):
        score(tmp_path / "in.tsv", result=tmp_path / "out.tsv", top_k=2, shard=f"{number}/3")
    assert (tmp_path / "out.tsv").read_bytes() == (tmp_path / "whole.tsv").read_bytes()


@pytest.fixture(scope="module")
def scored_by_one(small_matcher, tmp_path_factory):
    folder = tmp_path_factory.mktemp("one")
    lines = [line.rpartition("\t")[0] for line in sample_lines("train", 1500).splitlines()]
    (folder / "in.tsv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    flags = ["--model_name_or_path", str(small_matcher / "best"), "--engine", "fp32", "--input_file", str(folder / "in.tsv")]
    done = run_app("predict", *flags, "--result_file", str(folder / "whole.tsv"))
    assert done.returncode == 0, done.stderr
    return flags, (folder / "whole.tsv").read_bytes()


def test_two_workers_on_this_machine(scored_by_one, tmp_path):
    flags, whole = scored_by_one
    done = run_app("predict", *flags, "--result_file", str(tmp_path / "out.tsv"), "--num_workers", "2")
    assert done.returncode == 0 and done.stderr == "" and "1,500 rows" in done.stdout
    assert (tmp_path / "out.tsv").read_bytes() == whole and os.listdir(tmp_path) == ["out.tsv"]


def test_launched_processes_share_a_file(scored_by_one, tmp_path):
    """As over several hosts: `python -m paddle.distributed.launch ... predict.py`."""
    flags, whole = scored_by_one
    launch = ["-m", "paddle.distributed.launch", "--nproc_per_node", "2", "--log_dir", str(tmp_path / "log"), "predict.py"]
    done = subprocess.run(
        [sys.executable, *launch, *flags, "--result_file", str(tmp_path / "out.tsv")], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert (tmp_path / "out.tsv").read_bytes() == whole
