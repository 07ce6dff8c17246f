"""A fine-tuned checkpoint folder -> a static graph for Paddle Inference, made once and kept beside it.

output/match/best/                      the checkpoint
output/match/best.exported/<hash>/      model.json, model.pdiparams; where asked for: *.onnx; sizes and hashes of both
    engines-MACHINE.json                what `choose.py` measured
"""

from __future__ import annotations

import contextlib
import errno
import functools
import hashlib
import os
import shutil
from pathlib import Path
from typing import Dict, Iterator, List, Sequence, Tuple

from app import runtime
from app.atomic import atomic_folder, locked, read_json, write_json
from app.caches import writable_home
from app.errors import UserError
from app.quiet import quiet

FORMAT = 2  # of the graph: another one makes other folders
GRAPH = "model"  # .json and .pdiparams
OF_PADDLE, OF_ONNX = (f"{GRAPH}.json", f"{GRAPH}.pdiparams"), ("fp32.onnx", "int8.onnx")
DECIDING = ("config.json", "vocab.txt", "tokenizer_config.json", "tokenizer.json", "model.safetensors")


def model_hash(folder: Path) -> str:
    """Tells models apart by all that decides on their logits, hexadecimal."""
    try:
        states = [os.stat(folder / name) for name in DECIDING]
        return _hash(folder, tuple((state.st_ino, state.st_size, state.st_mtime_ns) for state in states))
    except OSError as problem:
        raise UserError(f"{problem.filename}: {problem.strerror}; the checkpoint folder is not whole") from problem


@contextlib.contextmanager
def unchanged(folder: Path) -> Iterator[None]:
    """Around reading a checkpoint folder piece by piece. Raises UserError where another has taken its place meanwhile: the card
    of one model and the weights of another give answers that are neither's.
    """

    def state() -> list:
        files = [folder / name for name in (*DECIDING, "matcher.json")]
        return [(stat.st_ino, stat.st_size, stat.st_mtime_ns) for stat in map(os.stat, files)]

    try:
        before = state()
        yield
        changed = state() != before
    except FileNotFoundError as problem:
        raise UserError(f"{problem.filename}: {problem.strerror}; the checkpoint folder is not whole") from problem
    if changed:
        raise UserError(f"{folder}: has changed while it was read; is a training at work in it? Start again")


@functools.lru_cache(maxsize=8)
def _hash(folder: Path, states: tuple) -> str:
    """`states` are those of the files: changed ones are read again."""
    digest = hashlib.blake2b(f"format {FORMAT}".encode(), digest_size=16)
    for name in DECIDING:
        digest.update(f"\n{name}\n".encode())
        with open(folder / name, "rb") as file:
            for chunk in iter(lambda: file.read(1 << 20), b""):
                digest.update(chunk)
    return digest.hexdigest()


def exported(folder: Path) -> Path:
    """The folder of the model's static graph; made where it is not there yet, which takes seconds and needs PaddleNLP."""
    name = model_hash(folder)
    homes = _homes(folder)
    for home in homes:
        if _is_whole(home / name, OF_PADDLE):
            return home / name
    for home in homes:
        try:
            home.mkdir(parents=True, exist_ok=True)
            if os.access(home, os.W_OK):
                with locked(home / ".lock"):
                    return home / name if _is_whole(home / name, OF_PADDLE) else _export(folder, home / name)
        except OSError:
            continue
    raise UserError(
        f"{folder}: cannot write its exported graph to {' or '.join(str(home) for home in homes)}; "
        "set XDG_CACHE_HOME to a folder that can be written to"
    )


def onnx_graphs(folder: Path) -> Tuple[Path, Path]:
    """The model's static graph for ONNX Runtime, in float32 and in 8-bit integers; made where they are not there yet."""
    plain, rounded = (kept(folder, name) for name in OF_ONNX)
    if _is_whole(plain.parent, OF_ONNX):
        return plain, rounded
    with locked(plain.with_name(".onnx.lock")):
        if not _is_whole(plain.parent, OF_ONNX):
            from app.predict.int8 import write_int8

            write_int8(exported(folder) / f"{GRAPH}.json", plain, rounded)
            _note_sums(plain.parent, OF_ONNX)
    return plain, rounded


def kept(folder: Path, name: str) -> Path:
    """A file that belongs to the model's graph: beside it, or where that is read-only and has none, in the user's cache."""
    graph = exported(folder)
    if (graph / name).exists() or os.access(graph, os.W_OK):
        return graph / name
    other = _homes(folder)[-1] / graph.name
    with contextlib.suppress(OSError):  # whoever writes there is told
        other.mkdir(parents=True, exist_ok=True)
    return other / name


def _check_written(graph: Path) -> None:
    """Raises OSError where the graph cannot be read back: on a full disk Paddle cuts its files short without a word."""
    import paddle

    try:
        paddle.jit.load(str(graph))
    except Exception as problem:
        raise OSError(errno.ENOSPC, f"cut short ({problem})") from problem


def _sums(home: Path, files: Sequence[str]) -> Dict[str, list]:
    """Sizes and hashes of an export's files."""
    found = {}
    for name in files:
        with open(home / name, "rb") as file:
            digest = hashlib.blake2b(digest_size=16)
            for chunk in iter(lambda: file.read(1 << 20), b""):
                digest.update(chunk)
            found[name] = [file.tell(), digest.hexdigest()]
    return found


def _note_sums(home: Path, files: Sequence[str]) -> None:
    write_json(home / f"{files[0]}.sums", _sums(home, files))


def _is_whole(home: Path, files: Sequence[str]) -> bool:
    """Whether an export's files are as they were written: a predictor takes what is lacking for zeros, or for nan."""
    try:
        return read_json(home / f"{files[0]}.sums") == _sums(home, files)
    except (OSError, UserError):
        return False


def _homes(folder: Path) -> List[Path]:
    """Where exports are kept: beside the checkpoint, or where that is read-only, in the user's cache."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache"))
    folder = folder.resolve()
    beside = folder.with_name(folder.name + ".exported")
    return [beside, cache / "text_matching_exported"] if cache.is_absolute() else [beside]  # "~/.cache", where there is no home


def _export(folder: Path, target: Path) -> Path:
    runtime.load_paddle()
    import paddle

    from app.match.checkpoint import load_matcher
    from app.predict.graph import ForPrediction

    model, _, _ = load_matcher(folder)
    shape = [paddle.static.InputSpec([None, None], "int64", name) for name in ("input_ids", "token_type_ids")]
    with atomic_folder(target) as temporary, quiet(), writable_home():
        graph = paddle.jit.to_static(ForPrediction(model), input_spec=shape, full_graph=True)
        graph.eval()
        paddle.jit.save(graph, str(temporary / GRAPH))
        _check_written(temporary / GRAPH)
        _note_sums(temporary, OF_PADDLE)
        if model_hash(folder) != target.name:
            raise UserError(f"{folder}: has changed while it was exported; is a training at work in it? Start again")
    for older in target.parent.iterdir():
        if older.is_dir() and older != target and target.parent.name == f"{folder.name}.exported":
            shutil.rmtree(older, ignore_errors=True)  # of weights that were here before
    return target
