"""Hides what libraries print. Their compiled code does not use Python's streams, so the process's descriptors are redirected."""

from __future__ import annotations

import contextlib
import io
import os
import re
import sys
import tempfile
import threading
from typing import Any, BinaryIO, Iterator, TextIO

NOISE = re.compile(
    rb"(?m)^(?:"
    rb"WARNING: OMP_NUM_THREADS set to .*\n"  # Paddle, at its import
    rb"|PLEASE USE OMP_NUM_THREADS WISELY\..*\n"
    rb"|=+ Modified FLAGS detected =+\n(FLAGS\(.*\n)*=+\n"  # Paddle, when several processes join
    rb"|\[Paddle2ONNX\] .*\n"
    rb"|(\x1b\S*)?\d{4}-\d\d-\d\d \d\d:\d\d:\d\d \[(INFO|WARNING)\]\t.*\n"  # Paddle2ONNX too
    rb"|(\x1b\S*)?\[[IWV]\] .*\n"  # Polygraphy, which Paddle2ONNX calls
    rb"|\[\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d+ [IWE] \d+ \d+\] \S+\.cc:\d+: .*\n"  # Ray
    rb"|\S*-packages/\S+\.py:\d+: \w*Warning: .*\n(  .*\n)?"  # Python's warnings about installed packages
    rb")"
)
_LOCK = threading.RLock()


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """A block whose output is shown when it ends, without the lines that match `NOISE`; if the block fails, all of it is shown.

    Other output, for example of other threads of the user's program, is therefore only delayed.
    """
    open_closed_streams()
    _flush()
    python_streams = _quiet_stream("stdout"), _quiet_stream("stderr")
    with _LOCK, tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as errors, python_streams[0], python_streams[1]:
        originals = os.dup(1), os.dup(2)
        os.dup2(out.fileno(), 1)
        os.dup2(errors.fileno(), 2)
        failed = True
        try:
            yield
            failed = False
        finally:
            _flush()
            for number, (original, output) in enumerate(zip(originals, (out, errors)), 1):
                os.dup2(original, number)
                os.close(original)
                _show(output, number, everything=failed)


@contextlib.contextmanager
def _quiet_stream(name: str) -> Iterator[None]:
    """The same for `sys.stdout` or `sys.stderr` where it does not write to the process's descriptors, as in a notebook."""
    stream = getattr(sys, name)
    if stream is None or stream is getattr(sys, f"__{name}__"):
        yield
        return
    delayed, failed = _Delayed(stream), True
    setattr(sys, name, delayed)
    try:
        yield
        failed = False
    finally:
        setattr(sys, name, stream)
        delayed.end(everything=failed)


class _Delayed:
    """A stream that keeps what is written until `end`. Then it is the original one: a library's logger may have kept it."""

    def __init__(self, stream: TextIO):
        self._stream, self._kept = stream, io.StringIO()
        self.write = self._kept.write

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def end(self, everything: bool) -> None:
        """Shows what was written, without noise unless `everything`."""
        self.write = self._stream.write
        text = self._kept.getvalue().encode("utf-8", "surrogatepass")
        self._stream.write(_shown(text, everything).decode("utf-8", "surrogatepass"))


def open_closed_streams() -> None:
    """Opens standard input, output and error as /dev/null if they are closed. Otherwise the next file that is opened would get
    their number, and libraries would write into it.
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


def _shown(text: bytes, everything: bool) -> bytes:
    """What is shown of a text: all of it, or what is not noise."""
    return text if everything else NOISE.sub(b"", text)


def _show(output: BinaryIO, descriptor: int, everything: bool) -> None:
    output.seek(0)
    remaining = memoryview(_shown(output.read(), everything))
    while remaining:
        remaining = remaining[os.write(descriptor, remaining) :]
