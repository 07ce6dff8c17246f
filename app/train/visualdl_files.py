"""VisualDL's files of an interrupted run: the points after its last save will be written again, so they are removed first."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Iterator

from app.atomic import atomic_file


def drop_points_after(folder: Path, step: int) -> None:
    """Removes all points after `step` from the files in `folder` (all points if `step` is 0)."""
    for file in sorted(folder.glob("*vdlrecords*")):
        records = [record for record in _records(file) if step and _last_step(record) <= step]
        kept = b"".join(struct.pack("<Q", len(record)) + record for record in records)
        if kept:
            with atomic_file(file) as temporary:
                temporary.write_bytes(kept)
        else:
            file.unlink()


def _records(file: Path) -> Iterator[bytes]:
    """The complete records of a file: 8 bytes with the length, then the record. After a kill, the last one may be incomplete."""
    content, offset = file.read_bytes(), 0
    while offset + 8 <= len(content):
        (length,) = struct.unpack_from("<Q", content, offset)
        record = content[offset + 8 : offset + 8 + length]
        if len(record) < length:
            return
        yield record
        offset += 8 + length


def _last_step(record: bytes) -> int:
    from visualdl.proto.record_pb2 import Record

    return max((value.id for value in Record.FromString(record).values), default=0)
