"""What libraries print is kept from the terminal, and nothing else is."""

import os
import subprocess
import sys
import threading

import pytest
from conftest import ROOT

from app.quiet import NOISE, quiet

SAID = b"""WARNING: OMP_NUM_THREADS set to 2, not 1. The computation speed will not be optimized if you use data parallel.
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


def test_what_libraries_say_is_noise_and_what_a_program_says_is_not():
    assert NOISE.sub(b"", SAID) == b""
    for line in (b"=====\n", b"  [I] mine\n", b"error: 5\n", b"2026-01-25 22:04:39 mine\n", b"mine.py:3: UserWarning: look\n", "还款\n".encode()):
        assert NOISE.sub(b"", SAID + line + SAID) == line


def test_what_another_thread_prints_meanwhile_is_shown(capfd):
    with quiet():
        os.write(1, SAID)
        other = threading.Thread(target=lambda: (print("of the user"), print("and this", file=sys.stderr), os.system("echo of a child")))
        other.start()
        other.join()
        os.write(2, SAID)
    message = capfd.readouterr()
    assert sorted(message.out.splitlines()) == ["of a child", "of the user"] and message.err == "and this\n"


def test_where_the_block_fails_all_is_shown(capfd):
    with pytest.raises(ValueError):
        with quiet():
            os.write(2, SAID)
            raise ValueError
    assert capfd.readouterr().err.encode() == SAID


@pytest.mark.parametrize("closed", ["2>&-", "2>&- <&-", "<&-"])
def test_standard_streams_that_are_closed(small_matcher, small_data, tmp_path, closed):
    """The next files that were opened got their numbers."""
    flags = f"--model_name_or_path {small_matcher / 'best'} --engine fp32 --input_file {small_data / 'test.tsv'} --result_file {tmp_path}"
    for way, name in ((closed, "closed.tsv"), ("", "open.tsv")):
        done = subprocess.run(["bash", "-c", f"{sys.executable} predict.py {flags}/{name} {way}"], cwd=ROOT, capture_output=True, text=True)
        assert done.returncode == 0 and "60 rows" in done.stdout, done.stderr
    assert (tmp_path / "closed.tsv").read_bytes() == (tmp_path / "open.tsv").read_bytes()


def test_a_closed_standard_output_is_one_line():
    done = subprocess.run(["bash", "-c", f"{sys.executable} predict.py --help >&-"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 2 and done.stderr == "error: standard output is closed; to discard the output, write `> /dev/null`\n"
