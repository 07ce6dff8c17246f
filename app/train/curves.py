"""VisualDL's files of an interrupted run: the points behind its last save come again, so they are taken out first."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Iterator

from app.atomic import atomic_file


def forget_curves(folder: Path, step: int) -> None:
    """Takes all points after `step` out of the files in `folder` (all of them, where `step` is 0)."""
    for file in sorted(folder.glob("*vdlrecords*")):
        records = [record for record in _records(file) if step and _last_step(record) <= step]
        kept = b"".join(struct.pack("<Q", len(record)) + record for record in records)
        if kept:
            with atomic_file(file) as temporary:
                temporary.write_bytes(kept)
        else:
            file.unlink()


def _records(file: Path) -> Iterator[bytes]:
    """The whole records of a file: 8 bytes for the length, then that many. A kill can have cut the last one short."""
    content, place = file.read_bytes(), 0
    while place + 8 <= len(content):
        (length,) = struct.unpack_from("<Q", content, place)
        record = content[place + 8 : place + 8 + length]
        if len(record) < length:
            return
        yield record
        place += 8 + length


def _last_step(record: bytes) -> int:
    from visualdl.proto.record_pb2 import Record

    return max((value.id for value in Record.FromString(record).values), default=0)
