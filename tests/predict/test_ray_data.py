"""`--ray` on a real cluster of two nodes on this machine: the files that `predict.py` alone writes, also after kills."""

import contextlib
import dataclasses
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pandas
import pyarrow as arrow
import pytest
from conftest import ROOT, sample_lines
from pyarrow import parquet

from app.engine.export import model_hash
from app.options import PredictOptions
from app.predict.journal import Summary
from app.predict.ray_worker import FileResult, FileScorer, RowCounter, WorkerSetup

pytest.importorskip("ray", reason="pip install -r requirements-ray.txt")


class Nodes:
    """A cluster, started by a process of its own."""

    def __init__(self, *cpus):
        self._process = subprocess.Popen(
            [sys.executable, str(ROOT / "tests/ray_cluster.py"), *map(str, cpus)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        )  # fmt: skip
        self.address = self._process.stdout.readline().strip()
        assert ":" in self.address

    def kill_one(self):
        """Kills the last node and everything that runs there."""
        self._process.stdin.write("kill\n")
        self._process.stdin.flush()
        assert self._process.stdout.readline() == "killed\n"

    def close(self):
        """Ends the cluster."""
        self._process.stdin.close()
        self._process.wait(60)


@pytest.fixture(scope="module")
def cluster():
    nodes = Nodes(1, 1)
    yield nodes
    nodes.close()


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """Files of all formats. Some rows cannot be scored."""
    folder = tmp_path_factory.mktemp("files")
    pairs = [line.split("\t")[:2] for line in sample_lines("train", 300).splitlines()[1:]]
    pairs[7] = ["", "空"]
    (folder / "a.tsv").write_text("text_a\ttext_b\n" + "".join(f"{a}\t{b}\n" for a, b in pairs), encoding="utf-8")
    (folder / "b.csv").write_text("id,text_a,text_b\n" + "".join(f"00{n},{a},{b}\n" for n, (a, b) in enumerate(pairs)), encoding="utf-8")
    (folder / "c.jsonl").write_text("".join(json.dumps({"text_a": a, "text_b": b}) + "\n" for a, b in pairs) + "broken\n", encoding="utf-8")
    columns = {"text_a": [a for a, _ in pairs], "text_b": [b for _, b in pairs], "n": arrow.array(range(len(pairs)), arrow.int16())}
    parquet.write_table(arrow.table(columns), folder / "d.parquet")
    parquet.write_table(arrow.table(columns).slice(0, 0), folder / "e.parquet")
    return folder


def command(model, *flags):
    return [sys.executable, str(ROOT / "predict.py"), "--model_name_or_path", str(model), "--engine", "fp32", *map(str, flags)]


def predict(model, *flags, **options):
    return subprocess.run(command(model, *flags), cwd=ROOT, capture_output=True, text=True, encoding="utf-8", timeout=300, **options)


def contents(folder):
    return {path.name: path.read_bytes() for path in sorted(Path(folder).iterdir()) if path.is_file()}


def test_results_are_those_of_one_process_and_bad_files_are_named(small_matcher, cluster, files, tmp_path):
    shutil.copytree(files, tmp_path / "in")
    (tmp_path / "in/f.parquet").write_bytes(b"PAR1 nothing")
    (tmp_path / "in/g.tsv").write_text("编号\t甲方\t乙方\n1\t你好\t再见\n2\t天气\t下雨\n", encoding="utf-8")
    flags = ["--input_file", tmp_path / "in/*", "--result_file", f"{tmp_path}/ray/"]
    done = predict(small_matcher / "best", *flags, "--ray", cluster.address)
    assert done.returncode == 2 and done.stderr.count("\n") == 1, done.stderr
    assert done.stderr.startswith("error: 2 of 7 files were not scored, the others are: ")
    assert "f.parquet: cannot be read as Parquet" in done.stderr and "g.tsv: has columns 编号, 甲方, 乙方; which hold" in done.stderr
    assert "7 files, 2 worker(s) with 1 processor(s) each" in done.stdout
    alone = predict(small_matcher / "best", "--input_file", files / "*", "--result_file", f"{tmp_path}/alone/")
    assert alone.returncode == 0 and contents(tmp_path / "ray") == contents(tmp_path / "alone") != {}
    written = {path: os.stat(path).st_mtime_ns for path in (tmp_path / "ray").iterdir() if path.is_file()}
    for name in ("f.parquet", "g.tsv"):
        (tmp_path / "in" / name).unlink()
    again = predict(small_matcher / "best", *flags, "--ray", cluster.address)
    assert again.returncode == 0 and again.stderr == "" and written == {path: os.stat(path).st_mtime_ns for path in written}, again.stderr
    assert sorted(os.listdir(tmp_path / "ray")) == sorted(path.name for path in written)


def test_ray_local_with_engine_auto(small_matcher, files, tmp_path):
    flags = ["--input_file", files / "a.tsv", files / "d.parquet", "--engine", "auto"]
    done = predict(small_matcher / "best", *flags, "--result_file", f"{tmp_path}/ray/", "--ray", "local")
    assert done.returncode == 0 and done.stderr == "" and "engine: " in done.stdout and "2 files, 1 worker(s) with" in done.stdout, done.stderr
    alone = predict(small_matcher / "best", *flags, "--result_file", f"{tmp_path}/alone/")
    assert alone.returncode == 0 and contents(tmp_path / "ray") == contents(tmp_path / "alone")


def test_a_checkpoint_that_a_node_cannot_read_is_sent_to_it_once(small_matcher, tmp_path, monkeypatch):
    import ray

    files = {path.name: path.read_bytes() for path in (small_matcher / "best").iterdir()}
    fetched = []
    monkeypatch.setattr(ray, "get", lambda reference: fetched.append(reference) or files)
    monkeypatch.setattr(tempfile, "gettempdir", lambda: str(tmp_path))
    options = PredictOptions("/elsewhere/best", ("pairs.tsv",))
    given = WorkerSetup([], options, model_hash(small_matcher / "best"), ["reference"], cpus=1)
    folders = {given.prepare().model_name_or_path for _ in range(2)}
    assert fetched == ["reference"] and len(folders) == 1
    assert model_hash(Path(folders.pop())) == given.model
    here = WorkerSetup([], dataclasses.replace(options, model_name_or_path=str(small_matcher / "best")), given.model, ["reference"], cpus=1)
    assert here.prepare() == here.options and len(fetched) == 1


PIPELINE = """
import logging, sys
import ray
from app import PairScorer

address, package, checkpoint, source, target = sys.argv[1:]
ray.init(address=address, runtime_env={"py_modules": [package]}, log_to_driver=False, logging_level=logging.CRITICAL)
pairs = ray.data.read_parquet(source).repartition(4)
options = dict(engine="fp32", device="cpu")
scored = pairs.map_batches(PairScorer, fn_constructor_args=[checkpoint], fn_constructor_kwargs=options, batch_size=64, num_cpus=1, concurrency=(2, 2))
scored.to_pandas().to_parquet(target)
"""


def test_the_pipeline_of_docs_scale(small_matcher, files, tmp_path):
    (tmp_path / "pipeline.py").write_text(PIPELINE)
    nodes = Nodes(3, 1)
    try:
        arguments = [nodes.address, ROOT / "app", small_matcher / "best", files / "d.parquet", tmp_path / "data.parquet"]
        done = subprocess.run(
            [sys.executable, str(tmp_path / "pipeline.py"), *map(str, arguments)],
            env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True, timeout=200,
        )  # fmt: skip
    finally:
        nodes.close()
    assert done.returncode == 0, done.stderr[-2000:]
    assert predict(small_matcher / "best", "--input_file", files / "d.parquet", "--result_file", tmp_path / "out.parquet").returncode == 0
    expected = parquet.read_table(tmp_path / "out.parquet").to_pandas()
    found = parquet.read_table(tmp_path / "data.parquet").to_pandas().sort_values("n", ignore_index=True)
    pandas.testing.assert_frame_equal(found.astype(expected.dtypes), expected, atol=2e-6, rtol=0)


@pytest.mark.parametrize("deaths, words", [(2, ""), (9, "its worker died 3 times")])
def test_a_file_that_kills_its_workers_is_given_up_and_named(monkeypatch, deaths, words):
    """Ray would start it again for ever."""
    import ray

    counter = RowCounter()
    for _ in range(deaths):
        counter.start("5")
    actor = type("Actor", (), {"start": type("Method", (), {"remote": staticmethod(counter.start)})})
    monkeypatch.setattr(ray, "get", lambda value, timeout: value)
    monkeypatch.setattr(FileScorer, "_score", lambda self, job: Summary(rows=7))
    file_scorer = FileScorer.__new__(FileScorer)
    file_scorer._jobs, file_scorer._counter, file_scorer._error = [None] * 6, actor, ""
    outcome = FileResult.from_json(file_scorer({"number": [5]})["result"][0])
    assert outcome.error.startswith(words) and bool(outcome.error) == bool(words) and outcome.summary.rows == (0 if words else 7)


@pytest.fixture(scope="module")
def long_files(tmp_path_factory, small_matcher):
    """Files that take several seconds, and their results."""
    folder = tmp_path_factory.mktemp("long")
    (folder / "in").mkdir()
    for number in range(6):
        rows = [f"问{number}{row}\t答{row % 97}\n" for row in range(30_000)]
        (folder / f"in/{number}.tsv").write_text("text_a\ttext_b\n" + "".join(rows), encoding="utf-8")
    done = predict(small_matcher / "best", "--input_file", folder / "in/*", "--result_file", f"{folder}/alone/")
    assert done.returncode == 0, done.stderr
    return folder


def start(model, long_files, result, address):
    flags = ["--input_file", long_files / "in/*", "--result_file", f"{result}/", "--ray", address]
    return flags, subprocess.Popen(command(model, *flags), cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def wait_for_files(process, result, count):
    """Waits until `count` results are published and the next one is being written."""
    while len(list(Path(result).glob("[0-9]*"))) < count or not list(Path(result).glob(".*/rows")):
        assert process.poll() is None, process.communicate()
        time.sleep(0.02)


def test_the_same_command_continues_after_the_driver_is_killed(small_matcher, cluster, long_files, tmp_path):
    flags, process = start(small_matcher / "best", long_files, tmp_path, cluster.address)
    wait_for_files(process, tmp_path, 1)
    process.kill()
    process.wait()
    before = {path: os.stat(path).st_mtime_ns for path in tmp_path.glob("[0-9]*")}
    again = predict(small_matcher / "best", *flags)
    assert again.returncode == 0, again.stderr
    assert contents(tmp_path) == contents(long_files / "alone") and sorted(os.listdir(tmp_path)) == [*contents(tmp_path)]
    assert all(os.stat(path).st_mtime_ns == written for path, written in before.items()) and before


def test_the_run_continues_after_a_node_and_a_worker_are_killed(small_matcher, long_files, tmp_path):
    nodes = Nodes(1, 1)
    try:
        _, process = start(small_matcher / "best", long_files, tmp_path, nodes.address)
        wait_for_files(process, tmp_path, 1)
        nodes.kill_one()
        wait_for_files(process, tmp_path, 2)
        for pid in worker_pids():
            os.kill(pid, signal.SIGKILL)
        output, errors = process.communicate(timeout=300)
        assert process.returncode == 0, errors
    finally:
        nodes.close()
    assert contents(tmp_path) == contents(long_files / "alone") and sorted(os.listdir(tmp_path)) == [*contents(tmp_path)]


def worker_pids():
    """The process ids of Ray's workers that hold a model."""
    import psutil

    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            found += [process.pid] * ("ray::MapWorker" in " ".join(process.cmdline()))
    assert found
    return found


@pytest.mark.parametrize(
    "cpus, flags, words",
    [
        ([0], [], "no node of the cluster has a processor to offer"), ([1], ["--device", "gpu"], "no node of the cluster has a GPU"),
        ([1], ["--cache", "scores.db"], "--cache: is a file of one machine"), ([1], ["--result_file", "-"], "no pipes and no standard output"),
    ],
)  # fmt: skip
def test_a_cluster_or_flag_that_cannot_be_used_is_one_error_line(small_matcher, files, cpus, flags, words):
    nodes = Nodes(*cpus)
    try:
        done = predict(small_matcher / "best", "--input_file", files / "a.tsv", "--ray", nodes.address, *flags)
    finally:
        nodes.close()
    assert done.returncode == 2 and words in done.stderr and done.stderr.count("\n") == 1, done.stderr


def test_a_missing_cluster_is_one_error_line(small_matcher, files, tmp_path):
    elsewhere = {**os.environ, "RAY_TMPDIR": str(tmp_path)}  # where Ray finds no cluster of another test
    for address in ("127.0.0.1:1", "nowhere.invalid:6379", "auto", "x"):
        done = predict(small_matcher / "best", "--input_file", files / "a.tsv", "--ray", address, env=elsewhere)
        assert done.returncode == 2 and done.stderr.startswith(f"error: --ray {address}: no Ray cluster"), done.stderr
        assert done.stderr.count("\n") == 1, done.stderr
