"""The engine's own processes: as many as processors, the same logits as in this process, and none is left behind."""

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


def test_they_compute_what_the_engine_computes_here(folder):
    apart = EngineProcessPool("fp32", folder, "cpu")
    assert apart.threads == runtime.thread_count()
    np.testing.assert_allclose(apart.run(IDS, SEGMENTS), open_engine("fp32", folder, "cpu").run(IDS, SEGMENTS), atol=1e-6)
    apart.close()


@pytest.mark.parametrize("engine", RESCORE_MARGIN)
def test_those_of_few_bits_compute_in_float32_where_they_are_asked_to(folder, engine):
    if why_not(engine, "cpu"):
        pytest.skip(f"{engine}: {why_not(engine, 'cpu')}")
    apart = EngineProcessPool(engine, folder, "cpu")
    expected = open_engine("fp32", folder, "cpu").run(IDS, SEGMENTS)
    assert apart.rescore_margin == RESCORE_MARGIN[engine]
    np.testing.assert_allclose(apart.run_float32(IDS, SEGMENTS), expected, atol=1e-5)
    assert np.abs(apart.run(IDS, SEGMENTS) - expected).max() > 1e-5
    apart.close()


def test_one_that_is_killed_is_one_clear_error(folder):
    apart = EngineProcessPool("fp32", folder, "cpu")
    for process, _ in apart._processes:
        os.kill(process.pid, signal.SIGKILL)
    for _ in range(apart.threads + 1):  # while they are dying, and when they are dead
        with pytest.raises(UserError, match="has ended"):
            apart.run(IDS, SEGMENTS)
        apart._processes[0][0].wait()
    apart.close()


def test_what_an_engine_cannot_load_is_told(tmp_path, folder):
    with pytest.raises(UserError, match="not whole"):
        EngineProcessPool("fp32", tmp_path, "cpu")
    with pytest.raises(UserError, match="--device gpu"):
        EngineProcessPool("fp32", folder, "gpu")


def test_they_end_with_the_process_that_asks_however_it_ends(folder):
    code = (
        "import sys, time; from pathlib import Path; from app import runtime; runtime.prepare(); "
        "from app.engine.process_pool import EngineProcessPool; engine = EngineProcessPool('fp32', Path(sys.argv[1]), 'cpu'); "
        "print(*[process.pid for process, _ in engine._processes], flush=True); time.sleep(600)"
    )
    asking = subprocess.Popen([sys.executable, "-c", code, str(folder)], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    numbers = [int(number) for number in asking.stdout.readline().split()]
    assert numbers
    asking.kill()
    asking.wait()
    for _ in range(200):
        alive = [number for number in numbers if os.path.exists(f"/proc/{number}") and "Z" not in _state(number)]
        if not alive:
            return
        time.sleep(0.1)
    raise AssertionError(f"left behind: {alive}")


def _state(number: int) -> str:
    try:
        return open(f"/proc/{number}/stat").read().rpartition(")")[2].split()[0]
    except OSError:
        return "Z"


def test_there_are_no_more_of_them_than_fit_into_memory(folder, monkeypatch):
    monkeypatch.setattr(machine, "memory_left", lambda: 1 << 30)
    monkeypatch.setenv("OMP_NUM_THREADS", "2")
    apart = EngineProcessPool("fp32", folder, "cpu")
    assert apart.threads == 1 and apart.run(IDS, SEGMENTS).shape == (2, 2)
    apart.close()


def test_an_engine_process_that_was_stopped_is_said_and_ends(small_matcher, monkeypatch, capsys):
    monkeypatch.setattr(process_pool, "WARN_AFTER", 0.5)
    monkeypatch.setattr(process_pool, "GIVE_UP_AFTER", 0.5)
    ids = np.ones([2, 8], np.int64)
    with monkeypatch.context() as patient:
        patient.setattr(process_pool, "WARN_AFTER", 100.0)
        engine = process_pool.EngineProcessPool("dygraph", small_matcher / "best", "cpu")
        engine.run(ids, ids * 0)
    try:
        os.kill(engine._processes[0][0].pid, signal.SIGSTOP)
        with pytest.raises(UserError, match="has not answered for 1 s; the same command continues"):
            engine.run(ids, ids * 0)
        assert "has not answered for 0 s" in capsys.readouterr().err
    finally:
        engine.close()
