"""`python -m app doctor`: checks this machine. One line per finding, with advice if something is wrong."""

from __future__ import annotations

import importlib.metadata
import platform
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import List

from app import machine, runtime
from app.caches import unwritable_caches, writable_home
from app.errors import UserError
from app.flags import check, parse

REQUIREMENTS = Path(__file__).resolve().parents[2] / "requirements.txt"
SLOW_MATMUL = 30.0  # GFLOP/s per core that processors of the last ten years reach; less than half of it is reported


@dataclass
class DoctorOptions:
    """Check this machine: versions, imports, CPU library and threads, measured speed, GPU, disk."""

    output_dir: str = "."
    """Where runs will be written; its free space is checked."""

    def __post_init__(self) -> None:
        check("output_dir", self.output_dir, Path(self.output_dir).is_dir(), "an existing folder")


def main(arguments: List[str]) -> None:
    """Runs the command. Raises UserError at the end if something is wrong."""
    options = parse(DoctorOptions, "python -m app doctor", arguments)
    problems = _python() + _versions()
    problems += _caches()
    if not problems:  # without the packages nothing can be measured
        problems += _imports() or _speed() + _gpu()
    problems += _disk(options.output_dir)
    if problems:
        raise UserError(f"{problems} problem(s) found, marked !! above")
    print("no problems found")


def _report(fine: bool, finding: str, advice: str = "") -> int:
    """Prints one finding. Returns the number of problems: 0 or 1."""
    print(f"{'ok' if fine else '!!'}  {finding}" + (f"; {advice}" if advice and not fine else ""), flush=True)
    return int(not fine)


def _python() -> int:
    fine = (3, 9) <= sys.version_info[:2] <= (3, 13)
    return _report(
        fine,
        f"Python {platform.python_version()} ({sys.executable})",
        "3.9 to 3.13 is needed: delete .venv, install such a Python, run again",
    )


def _versions() -> int:
    """Compares the installed packages with requirements.txt."""
    problems = 0
    for line in REQUIREMENTS.read_text(encoding="utf-8").splitlines():
        requirement = re.match(r"([\w-]+)(?:(==|>=)([\w.]+))?[^;#]*(?:; python_version (<|>=) \"3\.13\")?", line)
        if not requirement or not _is_for_this_python(*requirement.group(1, 4)):
            continue
        name, relation, version, _ = requirement.groups()
        advice = f"{sys.executable} -m pip install -r requirements.txt"
        if name == "paddlenlp" and sys.version_info >= (3, 13):
            advice = f"{sys.executable} -m pip install --no-deps {name}=={version}"
        try:
            found = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            found = importlib.metadata.version("paddlepaddle-gpu") if name == "paddlepaddle" and _has("paddlepaddle-gpu") else ""
        fine = bool(found) and (relation != "==" or found.split("+")[0] == version or name == "paddlepaddle")
        required = f" ({version} is required)" if version and not fine else ""
        problems += _report(fine, f"{name} {found or 'is missing'}{required}", advice)
    return problems


def _is_for_this_python(name: str, relation: str) -> bool:
    """Whether a requirement is for this Python. `relation`: to Python 3.13, "<", ">=" or empty."""
    return not relation or (sys.version_info >= (3, 13)) == (relation == ">=") or name == "paddlenlp"


def _has(package: str) -> bool:
    try:
        importlib.metadata.version(package)
        return True
    except importlib.metadata.PackageNotFoundError:
        return False


def _caches() -> int:
    unwritable = unwritable_caches()
    if not unwritable:
        return _report(True, "cache folders can be written")
    effect = "models cannot be downloaded by name, everything else works; set HOME to a folder that can be written to"
    return _report(True, f"cache folders cannot be written ({', '.join(unwritable)}): {effect}")


def _imports() -> int:
    try:
        runtime.load_paddle()
        with writable_home():
            import visualdl  # noqa: F401
    except ImportError as problem:
        return _report(False, f"imports: {type(problem).__name__}: {problem}", "delete .venv and run again")
    except Exception as problem:  # a broken installation can raise any exception
        return _report(False, f"imports: {type(problem).__name__}: {problem}", "is a folder missing or not writable?")
    return _report(True, "paddle, paddlenlp and visualdl import")


def _speed() -> int:
    import paddle

    paddle.set_device("cpu")
    threads = runtime.thread_count()
    library = "MKL" if paddle.version.mkl() == "ON" else "no MKL"
    detail = f"{threads} thread(s) of {machine.cpu_count()} processor(s), {library}, {machine.cpu_vendor() or platform.machine()}"
    problems = _report(threads <= machine.cpu_count(), detail, f"set OMP_NUM_THREADS={machine.cpu_count()}")
    rate = machine.matmul_rate()
    return problems + _report(
        rate >= SLOW_MATMUL * threads / 2,
        f"matrix product: {rate:,.0f} GFLOP/s",
        "slow: stop other programs, or unset OMP_NUM_THREADS",
    )


def _gpu() -> int:
    import paddle

    visible = runtime.visible_gpus()
    if not visible:
        return _report(True, "GPU: none found; training and prediction use the CPU")
    if not paddle.is_compiled_with_cuda():
        advice = "install paddlepaddle-gpu (docs/training.md, GPUs)"
        return _report(False, f"GPU: {visible} found, but this PaddlePaddle is built for CPU only", advice)
    names = [paddle.device.cuda.get_device_name(index) for index in range(paddle.device.cuda.device_count())]
    paddle.set_device("gpu:0")
    driver = subprocess.run(["nvidia-smi", "--query-gpu=driver_version", "--format=csv,noheader"], capture_output=True, text=True)
    problems = _report(
        bool(names),
        f"GPU: {', '.join(names)}, driver {driver.stdout.split()[0] if driver.stdout else 'unknown'}",
        "does CUDA_VISIBLE_DEVICES hide them?",
    )
    return problems + (_report(True, f"GPU matrix product: {machine.matmul_rate():,.0f} GFLOP/s") if names else 0)


def _disk(folder: str) -> int:
    free = shutil.disk_usage(folder).free / 1e9
    return _report(
        free >= 5,
        f"disk: {free:,.0f} GB free in {Path(folder).resolve()}",
        "a run of a base model writes about 4 GB: free some space or choose another --output_dir",
    )
