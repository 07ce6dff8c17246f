"""What libraries print, kept from the terminal: their compiled parts write past Python, to the process's own descriptors."""

from __future__ import annotations

import contextlib
import os
import re
import sys
import tempfile
import threading
from typing import BinaryIO, Iterator

NOISE = re.compile(
    rb"(?m)^(?:"
    rb"WARNING: OMP_NUM_THREADS set to .*\n"  # Paddle, at its import
    rb"|PLEASE USE OMP_NUM_THREADS WISELY\..*\n"
    rb"|=+ Modified FLAGS detected =+\n(FLAGS\(.*\n)*=+\n"  # Paddle, as several processes join
    rb"|\[Paddle2ONNX\] .*\n"
    rb"|(\x1b\S*)?\d{4}-\d\d-\d\d \d\d:\d\d:\d\d \[(INFO|WARNING)\]\t.*\n"  # Paddle2ONNX too
    rb"|(\x1b\S*)?\[[IWV]\] .*\n"  # Polygraphy, which Paddle2ONNX calls
    rb"|\[\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d+ [IWE] \d+ \d+\] \S+\.cc:\d+: .*\n"  # Ray
    rb"|\S*-packages/\S+\.py:\d+: \w*Warning: .*\n(  .*\n)?"  # Python's warnings of what is in installed packages
    rb")"
)
_ONE_AT_A_TIME = threading.RLock()


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Keeps `NOISE` from the terminal, and all of it shows where the block fails.

    What else is written meanwhile, as by other threads of the user's program, is shown when the block ends.
    """
    open_closed_streams()
    _flush()
    with _ONE_AT_A_TIME, tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as errors:
        kept = os.dup(1), os.dup(2)
        os.dup2(out.fileno(), 1)
        os.dup2(errors.fileno(), 2)
        failed = True
        try:
            yield
            failed = False
        finally:
            _flush()
            for number, (descriptor, said) in enumerate(zip(kept, (out, errors)), 1):
                os.dup2(descriptor, number)
                os.close(descriptor)
                _show(said, number, failed)


def open_closed_streams() -> None:
    """Opens standard input, output and error on nothing where they are closed: the next file would get their numbers, and with
    them what libraries write.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            stream.flush()


def _show(said: BinaryIO, descriptor: int, all_of_it: bool) -> None:
    said.seek(0)
    text = said.read()
    left = memoryview(text if all_of_it else NOISE.sub(b"", text))
    while left:
        left = left[os.write(descriptor, left) :]
