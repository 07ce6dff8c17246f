"""`python -m app doctor`: is this machine ready? One line a finding, and what to do about what is wrong."""

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
SLOW_MATMUL = 30.0  # GFLOP/s a core that a processor of the last ten years reaches, library and threads being right: half of it


@dataclass
class DoctorOptions:
    """Check this machine: versions, imports, CPU library and threads, measured speed, GPU, disk."""

    output_dir: str = "."
    """Where runs will be written; its free space is checked."""

    def __post_init__(self) -> None:
        check("output_dir", self.output_dir, Path(self.output_dir).is_dir(), "an existing folder")


def main(arguments: List[str]) -> None:
    """Runs the command. Raises UserError where something is wrong, after saying what."""
    options = parse(DoctorOptions, "python -m app doctor", arguments)
    wrong = _python() + _versions()
    wrong += _home()
    if not wrong:  # without the packages there is nothing to measure
        wrong += _imports() or _speed() + _gpu()
    wrong += _disk(options.output_dir)
    if wrong:
        raise UserError(f"{wrong} of the above to mend (marked !!)")
    print("all is well")


def _tell(fine: bool, what: str, advice: str = "") -> int:
    print(f"{'ok' if fine else '!!'}  {what}" + (f"; {advice}" if advice and not fine else ""), flush=True)
    return int(not fine)


def _python() -> int:
    fine = (3, 9) <= sys.version_info[:2] <= (3, 13)
    return _tell(
        fine,
        f"Python {platform.python_version()} ({sys.executable})",
        "3.9 to 3.13 is needed: delete .venv, install one, run again",
    )


def _versions() -> int:
    wrong = 0
    for line in REQUIREMENTS.read_text(encoding="utf-8").splitlines():
        wanted = re.match(r"([\w-]+)(?:(==|>=)([\w.]+))?[^;#]*(?:; python_version (<|>=) \"3\.13\")?", line)
        if not wanted or not _concerns_this_python(*wanted.group(1, 4)):
            continue
        name, relation, version, _ = wanted.groups()
        advice = f"{sys.executable} -m pip install -r requirements.txt"
        if name == "paddlenlp" and sys.version_info >= (3, 13):
            advice = f"{sys.executable} -m pip install --no-deps {name}=={version}"
        try:
            found = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            found = importlib.metadata.version("paddlepaddle-gpu") if name == "paddlepaddle" and _has("paddlepaddle-gpu") else ""
        fine = bool(found) and (relation != "==" or found.split("+")[0] == version or name == "paddlepaddle")
        wrong += _tell(fine, f"{name} {found or 'is missing'}" + ("" if fine or not version else f" (wanted {version})"), advice)
    return wrong


def _concerns_this_python(name: str, relation: str) -> bool:
    """Whether a requirement, with this relation to Python 3.13 or none, is for the Python that runs here."""
    return not relation or (sys.version_info >= (3, 13)) == (relation == ">=") or name == "paddlenlp"


def _has(package: str) -> bool:
    try:
        importlib.metadata.version(package)
        return True
    except importlib.metadata.PackageNotFoundError:
        return False


def _home() -> int:
    unwritable = unwritable_caches()
    if not unwritable:
        return _tell(True, "caches can be written")
    message = f"caches cannot be written ({', '.join(unwritable)}): models are not fetched by name, all else works"
    return _tell(True, f"{message}; set HOME to a folder that can be written to")


def _imports() -> int:
    try:
        runtime.load_paddle()
        with writable_home():
            import visualdl  # noqa: F401
    except ImportError as problem:  # whatever a broken installation comes up with
        return _tell(False, f"imports: {type(problem).__name__}: {problem}", "delete .venv and run again")
    except Exception as problem:
        return _tell(False, f"imports: {type(problem).__name__}: {problem}", "is a folder missing, or not to be written to?")
    return _tell(True, "paddle, paddlenlp and visualdl import")


def _speed() -> int:
    import paddle

    paddle.set_device("cpu")
    threads = runtime.thread_count()
    library = "MKL" if paddle.version.mkl() == "ON" else "no MKL"
    detail = f"{threads} thread(s) of {machine.cpu_count()} processor(s), {library}, {machine.cpu_vendor() or platform.machine()}"
    wrong = _tell(threads <= machine.cpu_count(), detail, f"set OMP_NUM_THREADS={machine.cpu_count()}")
    rate = machine.matmul_rate()
    return wrong + _tell(
        rate >= SLOW_MATMUL * threads / 2,
        f"matrix product: {rate:,.0f} GFLOP/s",
        "other programs at work? OMP_NUM_THREADS unset?",
    )


def _gpu() -> int:
    import paddle

    built, there = paddle.is_compiled_with_cuda(), runtime.visible_gpus()
    if not there:
        return _tell(True, "GPU: none found; training and prediction use the CPU")
    if not built:
        return _tell(False, f"GPU: {there} found, but this PaddlePaddle is built for CPU", "README, 'GPU', says what to install")
    names = [paddle.device.cuda.get_device_name(index) for index in range(paddle.device.cuda.device_count())]
    paddle.set_device("gpu:0")
    driver = subprocess.run(["nvidia-smi", "--query-gpu=driver_version", "--format=csv,noheader"], capture_output=True, text=True)
    wrong = _tell(
        bool(names),
        f"GPU: {', '.join(names)}, driver {driver.stdout.split()[0] if driver.stdout else 'unknown'}",
        "CUDA_VISIBLE_DEVICES hides them?",
    )
    return wrong + (_tell(True, f"GPU matrix product: {machine.matmul_rate():,.0f} GFLOP/s") if names else 0)


def _disk(folder: str) -> int:
    free = shutil.disk_usage(folder).free / 1e9
    return _tell(
        free >= 5,
        f"disk: {free:,.0f} GB free in {Path(folder).resolve()}",
        "a run of a base model writes about 4 GB: make room or choose another --output_dir",
    )
