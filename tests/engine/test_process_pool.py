"""An engine in processes of its own: one per thread, the same logits as in this process, and no process stays behind."""

import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from conftest import ROOT

from app import machine, runtime
from app.engine import process_pool
from app.engine.engines import open_engine, why_not
from app.engine.process_pool import EngineProcessPool
from app.engine.rescore import RESCORE_MARGIN
from app.errors import UserError

IDS = np.array([[2, 7, 8, 3, 9, 3], [2, 9, 3, 8, 7, 3]])
SEGMENTS = np.array([[0, 0, 0, 0, 1, 1], [0, 0, 0, 1, 1, 1]])


@pytest.fixture(scope="module")
def folder(small_matcher):
    return small_matcher / "best"


def test_the_processes_give_the_logits_of_the_engine(folder):
    pool = EngineProcessPool("fp32", folder, "cpu")
    assert pool.threads == runtime.thread_count()
    np.testing.assert_allclose(pool.run(IDS, SEGMENTS), open_engine("fp32", folder, "cpu").run(IDS, SEGMENTS), atol=1e-6)
    pool.close()


@pytest.mark.parametrize("engine", RESCORE_MARGIN)
def test_engines_of_low_precision_compute_in_float32_on_request(folder, engine):
    if why_not(engine, "cpu"):
        pytest.skip(f"{engine}: {why_not(engine, 'cpu')}")
    pool = EngineProcessPool(engine, folder, "cpu")
    expected = open_engine("fp32", folder, "cpu").run(IDS, SEGMENTS)
    assert pool.rescore_margin == RESCORE_MARGIN[engine]
    np.testing.assert_allclose(pool.run_float32(IDS, SEGMENTS), expected, atol=1e-5)
    assert np.abs(pool.run(IDS, SEGMENTS) - expected).max() > 1e-5
    pool.close()


def test_a_killed_process_is_one_clear_error(folder):
    pool = EngineProcessPool("fp32", folder, "cpu")
    for process, _ in pool._processes:
        os.kill(process.pid, signal.SIGKILL)
    for _ in range(pool.threads + 1):  # while they end, and when they have ended
        with pytest.raises(UserError, match="has ended"):
            pool.run(IDS, SEGMENTS)
        pool._processes[0][0].wait()
    pool.close()


def test_an_engine_that_cannot_be_loaded_is_one_clear_error(tmp_path, folder):
    with pytest.raises(UserError, match="not complete"):
        EngineProcessPool("fp32", tmp_path, "cpu")
    with pytest.raises(UserError, match="--device gpu"):
        EngineProcessPool("fp32", folder, "gpu")


def test_the_processes_end_when_their_parent_is_killed(folder):
    code = (
        "import sys, time; from pathlib import Path; from app import runtime; runtime.prepare(); "
        "from app.engine.process_pool import EngineProcessPool; engine = EngineProcessPool('fp32', Path(sys.argv[1]), 'cpu'); "
        "print(*[process.pid for process, _ in engine._processes], flush=True); time.sleep(600)"
    )
    parent = subprocess.Popen([sys.executable, "-c", code, str(folder)], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    pids = [int(pid) for pid in parent.stdout.readline().split()]
    assert pids
    parent.kill()
    parent.wait()
    for _ in range(200):
        alive = [pid for pid in pids if os.path.exists(f"/proc/{pid}") and "Z" not in _state(pid)]
        if not alive:
            return
        time.sleep(0.1)
    raise AssertionError(f"left behind: {alive}")


def _state(pid: int) -> str:
    """The state of a process by /proc; Z: it has ended."""
    try:
        return open(f"/proc/{pid}/stat").read().rpartition(")")[2].split()[0]
    except OSError:
        return "Z"


def test_the_number_of_processes_is_limited_by_memory(folder, monkeypatch):
    monkeypatch.setattr(machine, "memory_left", lambda: 1 << 30)
    monkeypatch.setenv("OMP_NUM_THREADS", "2")
    pool = EngineProcessPool("fp32", folder, "cpu")
    assert pool.threads == 1 and pool.run(IDS, SEGMENTS).shape == (2, 2)
    pool.close()


def test_a_process_that_does_not_answer_is_reported_and_ended(small_matcher, monkeypatch, capsys):
    monkeypatch.setattr(process_pool, "WARN_AFTER", 0.5)
    monkeypatch.setattr(process_pool, "GIVE_UP_AFTER", 0.5)
    ids = np.ones([2, 8], np.int64)
    with monkeypatch.context() as patch:
        patch.setattr(process_pool, "WARN_AFTER", 100.0)
        engine = process_pool.EngineProcessPool("dygraph", small_matcher / "best", "cpu")
        engine.run(ids, ids * 0)
    try:
        os.kill(engine._processes[0][0].pid, signal.SIGSTOP)
        with pytest.raises(UserError, match="has not answered for 1 s; the same command continues"):
            engine.run(ids, ids * 0)
        assert "has not answered for 0 s" in capsys.readouterr().err
    finally:
        engine.close()
