"""The Python API in programs of users: in a fresh interpreter, after other imports, in threads and in forks."""

import os
import subprocess
import sys

import pytest
from conftest import ROOT

from app.engine.engines import engines_for, why_not

SET_BY_APP = ("OMP_NUM_THREADS", "MKL_DEBUG_CPU_TYPE", "FLAGS_use_stride_kernel", "TOKENIZERS_PARALLELISM", "GLIBC_TUNABLES")
LOAD = "import sys; from app import Matcher; matcher = Matcher.load(sys.argv[1], device='cpu', engine=sys.argv[2]); "
PAIRS = "pairs = [('怎么还款 abc%d' % n, '如何还款 xyz%d' % n) for n in range(80)]; "


def run_code(code, folder, engine="auto", **environment):
    """Runs code in a new interpreter, without the environment variables that this program sets."""
    clean = {name: value for name, value in os.environ.items() if name not in SET_BY_APP}
    return subprocess.run(
        [sys.executable, "-W", "ignore:This process:DeprecationWarning", "-c", code, str(folder / "best"), engine],
        cwd=ROOT, env={**clean, **environment}, capture_output=True, text=True, timeout=120,
    )  # fmt: skip


def test_the_lines_of_the_readme_work_in_a_fresh_interpreter(small_matcher):
    done = run_code(LOAD + "print(matcher.score([('怎么还信用卡', '信用卡如何还款')])[0].prediction)", small_matcher)
    assert done.returncode == 0 and done.stdout.strip() in ("0", "1") and done.stderr == "", done.stderr


def test_in_a_thread(small_matcher):
    code = (
        "import threading, sys; from app import Matcher; "
        "run = lambda: print(len(Matcher.load(sys.argv[1]).score([('甲', '乙')]))); "
        "thread = threading.Thread(target=run); thread.start(); thread.join()"
    )
    done = run_code(code, small_matcher)
    assert done.stdout.strip() == "1" and done.stderr == "", done.stderr


@pytest.mark.skipif(len(os.sched_getaffinity(0)) < 2, reason="needs two processors")
def test_after_import_paddle_the_threads_are_set_with_one_warning(small_matcher):
    code = "import paddle; " + LOAD + "matcher.score([('甲', '乙')]); Matcher.load(sys.argv[1]); from app import runtime; print(runtime.thread_count())"
    done = run_code(code, small_matcher, "dygraph")
    assert done.returncode == 0 and int(done.stdout) > 1, done.stderr
    assert done.stderr.count("RuntimeWarning") == 1 and "before Matcher.load" in done.stderr
    with_setting = run_code(code, small_matcher, "dygraph", OMP_NUM_THREADS="1")  # the number that the user sets is kept
    assert with_setting.stdout.strip() == "1" and "RuntimeWarning" not in with_setting.stderr


@pytest.mark.parametrize("value, threads", [("3,1", "3"), (" 2 ", "2")])
def test_every_valid_form_of_omp_num_threads(small_matcher, value, threads):
    done = run_code("from app import runtime; print(runtime.thread_count())", small_matcher, OMP_NUM_THREADS=value)
    assert done.stdout.strip() == threads, done.stderr


FORK = LOAD + PAIRS + """
import os, time
expected = matcher.score(pairs)
child = os.fork()
if not child:
    sys.exit(7 if matcher.score(pairs) == expected and Matcher.load(sys.argv[1]).score(pairs[:1]) else 8)
for _ in range(600):
    done, status = os.waitpid(child, os.WNOHANG)
    if done:
        break
    time.sleep(0.1)
else:
    os.kill(child, 9)
    sys.exit('the fork hangs')
print(status >> 8, matcher.score(pairs) == expected)
"""


@pytest.mark.parametrize(
    "engine", [pytest.param(name, marks=pytest.mark.slow) if name in ("dygraph", "bf16") else name for name in engines_for("cpu")]
)
def test_a_fork_after_scoring_can_score(small_matcher, engine):
    """The fork also ends with its own exit code. Libraries would wait there for threads that a fork does not have."""
    if why_not(engine, "cpu"):
        pytest.skip(f"{engine}: {why_not(engine, 'cpu')}")
    done = run_code(FORK, small_matcher, engine)
    assert done.returncode == 0 and done.stdout.split() == ["7", "True"] and done.stderr == "", done.stdout + done.stderr


def test_a_pool_of_forks_scores(small_matcher):
    code = LOAD + PAIRS + """
import multiprocessing
expected = matcher.score(pairs)
def scores(number):
    return matcher.score(pairs)
pool = multiprocessing.get_context('fork').Pool(2)
print([each == expected for each in pool.map(scores, [0, 1])])
pool.terminate()
pool.join()
"""
    done = run_code(code, small_matcher, "fp32")
    assert done.returncode == 0 and done.stdout.strip() == "[True, True]" and done.stderr == "", done.stdout + done.stderr
