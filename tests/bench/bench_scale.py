"""File scoring with growing files: rows per second and peak memory with 100,000 and 1,000,000 rows, and with repeated pairs.

    .venv/bin/python tests/bench/bench_scale.py

Memory: short pairs and a nano model, so that reading, cache and writing are as large a share as possible. It prints the peak of
the process that reads and writes, and of the largest engine process. Repeated pairs: a mini model (4 layers x 256).
"""

import argparse
import contextlib
import json
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil
from sides import ROOT, final_rate

WORDS = "怎么 如何 还款 账单 密码 修改 查询 开通 取消 退货 发票 快递 明天 今天 手机 银行 登录 注册 会员 积分".split()


def write_pairs(path: Path, rows: int, times: int) -> None:
    """Writes `rows` rows. Each distinct pair occurs `times` times, far apart."""
    distinct = rows // times
    with open(path, "w", encoding="utf-8") as file:
        file.write("text_a\ttext_b\n")
        for row in range(rows):
            number = row % distinct
            first, second = WORDS[number % 20], WORDS[number // 20 % 20]
            file.write(f"{first}{second}{number}\t{second}{number // 7}{first}\n")


def score(model: str, source: Path) -> dict:
    """Rows per second, and the peak resident memory in MB of the process and of the largest process that it started."""
    command = [sys.executable, "predict.py", "--model_name_or_path", model, "--input_file", str(source), "--engine", "fp32"]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    peak = engine_peak = 0.0
    while process.poll() is None:
        peak = max(peak, peak_memory(process.pid))
        with contextlib.suppress(psutil.NoSuchProcess):
            children = psutil.Process(process.pid).children()
            engine_peak = max([engine_peak, *(peak_memory(child.pid) for child in children)])
        time.sleep(0.05)
    output = process.stdout.read()
    if process.returncode:
        sys.exit(f"{source}: predict.py ended with {process.returncode}")
    print("  " + output.strip().splitlines()[-1], file=sys.stderr)
    return {"rows_per_second": final_rate(output), "peak_MB": peak, "engine_peak_MB": engine_peak}


def peak_memory(number: int) -> float:
    """Peak resident memory of a process so far, in MB; 0 if it has ended."""
    try:
        found = re.search(r"VmHWM:\s+(\d+)", Path(f"/proc/{number}/status").read_text())
        return int(found[1]) / 1024 if found else 0.0
    except OSError:
        return 0.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, nargs="+", default=[100_000, 1_000_000])
    parser.add_argument("--recurring_rows", type=int, default=30_000)
    options = parser.parse_args()
    results = {}
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "in.tsv"
        for size, cases in (
            ("nano", [(rows, 1) for rows in options.rows]),
            ("mini", [(options.recurring_rows, n) for n in (1, 10)]),
        ):
            train = ["--model_name_or_path", f"scratch:{size}", "--max_steps", "1", "--output_dir", f"{folder}/{size}"]
            subprocess.run([sys.executable, "-m", "app", "match", *train], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
            write_pairs(source, 1000, 1)
            score(f"{folder}/{size}/best", source)  # exports the model
            for rows, times in cases:
                write_pairs(source, rows, times)
                name = f"{size}, {rows:,} rows, each pair {times} x"
                results[name] = score(f"{folder}/{size}/best", source)
                print(
                    f"{name:40} {results[name]['rows_per_second']:10,.0f} rows/s   peak {results[name]['peak_MB']:6.0f} MB, "
                    f"of an engine process {results[name]['engine_peak_MB']:6.0f} MB",
                    flush=True,
                )
    print(json.dumps(results))


if __name__ == "__main__":
    main()
