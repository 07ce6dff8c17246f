"""Messages of libraries are kept from the terminal, and nothing else."""

import io
import logging
import os
import subprocess
import sys
import threading

import pytest
from conftest import ROOT

from app.quiet import NOISE, quiet

LIBRARY_MESSAGES = b"""WARNING: OMP_NUM_THREADS set to 2, not 1. The computation speed will not be optimized if you use data parallel.
PLEASE USE OMP_NUM_THREADS WISELY.
======================= Modified FLAGS detected =======================
FLAGS(name='FLAGS_use_stride_kernel', current_value=False, default_value=True)
FLAGS(name='FLAGS_enable_pir_in_executor', current_value=True, default_value=False)
=======================================================================
[Paddle2ONNX] Start parsing the Paddle model file...
2026-01-25 22:04:39 [INFO]\tONNX model saved in /tmp/fp32.onnx.
[I]     Total Nodes | Original:   369, After Folding:   223 |   146 Nodes Folded
\x1b[38;5;11m[W] 'colored' module is not installed
/x/lib/python3.11/site-packages/setuptools/sandbox.py:13: UserWarning: pkg_resources is deprecated
  import pkg_resources
"""


def test_messages_of_libraries_are_noise_and_others_are_not():
    assert NOISE.sub(b"", LIBRARY_MESSAGES) == b""
    for line in (b"=====\n", b"  [I] other\n", b"error: 5\n", b"2026-01-25 22:04:39 other\n", b"other.py:3: UserWarning: look\n", "还款\n".encode()):
        assert NOISE.sub(b"", LIBRARY_MESSAGES + line + LIBRARY_MESSAGES) == line


def test_the_output_of_another_thread_is_shown(capfd):
    with quiet():
        os.write(1, LIBRARY_MESSAGES)
        other = threading.Thread(target=lambda: (print("from the user"), print("and this", file=sys.stderr), os.system("echo from a child")))
        other.start()
        other.join()
        os.write(2, LIBRARY_MESSAGES)
    output = capfd.readouterr()
    assert sorted(output.out.splitlines()) == ["from a child", "from the user"] and output.err == "and this\n"


def test_everything_is_shown_if_the_block_fails(capfd):
    with pytest.raises(ValueError):
        with quiet():
            os.write(2, LIBRARY_MESSAGES)
            raise ValueError
    assert capfd.readouterr().err.encode() == LIBRARY_MESSAGES


@pytest.mark.parametrize("closed", ["2>&-", "2>&- <&-", "<&-"])
def test_closed_standard_streams(small_matcher, small_data, tmp_path, closed):
    """Regression: the next files that were opened got the file descriptors of the closed streams."""
    flags = f"--model_name_or_path {small_matcher / 'best'} --engine fp32 --input_file {small_data / 'test.tsv'} --result_file {tmp_path}"
    for redirection, name in ((closed, "closed.tsv"), ("", "open.tsv")):
        done = subprocess.run(["bash", "-c", f"{sys.executable} predict.py {flags}/{name} {redirection}"], cwd=ROOT, capture_output=True, text=True)
        assert done.returncode == 0 and "60 rows" in done.stdout, done.stderr
    assert (tmp_path / "closed.tsv").read_bytes() == (tmp_path / "open.tsv").read_bytes()


def test_a_closed_standard_output_is_one_error_line():
    done = subprocess.run(["bash", "-c", f"{sys.executable} predict.py --help >&-"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 2 and done.stderr == "error: standard output is closed; to discard the output, write `> /dev/null`\n"


def test_streams_that_are_not_those_of_the_process_are_filtered_too(monkeypatch):
    """As in a notebook, whose streams are objects of its own."""
    stream = io.StringIO()
    monkeypatch.setattr(sys, "stderr", stream)
    with quiet():
        print("WARNING: OMP_NUM_THREADS set to 2, not 1.", file=sys.stderr)
        print("你好", file=sys.stderr)
        handler = logging.StreamHandler()  # a library's logger keeps the stream of the moment
    assert stream.getvalue() == "你好\n" and sys.stderr is stream
    with pytest.raises(ValueError), quiet():
        print("WARNING: OMP_NUM_THREADS set to 2, not 1.", file=sys.stderr)
        raise ValueError
    assert "OMP" in stream.getvalue()
    handler.emit(logging.makeLogRecord({"msg": "later"}))
    assert stream.getvalue().endswith("later\n")
