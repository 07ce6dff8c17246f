"""A fine-tuned checkpoint folder -> a static graph for Paddle Inference, made once and kept beside the checkpoint.

output/match/best/                      the checkpoint
output/match/best.exported/<hash>/      model.json, model.pdiparams; for int8 also *.onnx; sizes and hashes of both
    engines-MACHINE.json                what `measurements.py` keeps
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

FORMAT = 2  # of the graph; part of the hash, so another format gets another folder
GRAPH = "model"  # .json and .pdiparams
PADDLE_FILES, ONNX_FILES = (f"{GRAPH}.json", f"{GRAPH}.pdiparams"), ("fp32.onnx", "int8.onnx")
MODEL_FILES = ("config.json", "vocab.txt", "tokenizer_config.json", "tokenizer.json", "model.safetensors")


def model_hash(folder: Path) -> str:
    """Hash of weights, configuration and tokenizer, hexadecimal: what the logits of token ids depend on. Raises UserError if the
    folder is not complete.
    """
    try:
        return _hash(folder, tuple(map(_file_state, (folder / name for name in MODEL_FILES))))
    except OSError as problem:
        raise UserError(f"{problem.filename}: {problem.strerror}; the checkpoint folder is not complete") from problem


@contextlib.contextmanager
def unchanged(folder: Path) -> Iterator[None]:
    """A block that reads a checkpoint folder file by file. Raises UserError if the folder was replaced meanwhile: the
    configuration of one model with the weights of another would give wrong scores.
    """
    files = [folder / name for name in (*MODEL_FILES, "matcher.json")]
    try:
        before = list(map(_file_state, files))
        yield
        changed = list(map(_file_state, files)) != before
    except FileNotFoundError as problem:
        raise UserError(f"{problem.filename}: {problem.strerror}; the checkpoint folder is not complete") from problem
    if changed:
        raise UserError(f"{folder}: has changed while it was read; is a training run writing to it? Start again")


def _file_state(path: Path) -> Tuple[int, int, int]:
    state = os.stat(path)
    return state.st_ino, state.st_size, state.st_mtime_ns


@functools.lru_cache(maxsize=8)
def _hash(folder: Path, states: tuple) -> str:
    """`states` are part of the cache key: changed files are read again."""
    digest = hashlib.blake2b(f"format {FORMAT}".encode(), digest_size=16)
    for name in MODEL_FILES:
        digest.update(f"\n{name}\n".encode())
        with open(folder / name, "rb") as file:
            for chunk in iter(lambda: file.read(1 << 20), b""):
                digest.update(chunk)
    return digest.hexdigest()


def exported(folder: Path) -> Path:
    """The folder of the model's static graph. Makes it if it does not exist, which takes seconds and needs PaddleNLP."""
    name = model_hash(folder)
    parents = _export_parents(folder)
    for parent in parents:
        if _is_complete(parent / name, PADDLE_FILES):
            return parent / name
    for parent in parents:
        try:
            parent.mkdir(parents=True, exist_ok=True)
            if os.access(parent, os.W_OK):
                with locked(parent / ".lock"):
                    return parent / name if _is_complete(parent / name, PADDLE_FILES) else _export(folder, parent / name)
        except OSError:
            continue
    raise UserError(
        f"{folder}: cannot write its exported graph to {' or '.join(map(str, parents))}; "
        "set XDG_CACHE_HOME to a folder that can be written to"
    )


def onnx_graphs(folder: Path) -> Tuple[Path, Path]:
    """The files of the graph for ONNX Runtime, in float32 and in 8-bit integers. Makes them if they do not exist."""
    float32, int8 = (writable_file(folder, name) for name in ONNX_FILES)
    if _is_complete(float32.parent, ONNX_FILES):
        return float32, int8
    with locked(float32.with_name(".onnx.lock")):
        if not _is_complete(float32.parent, ONNX_FILES):
            from app.engine.quantize import write_int8

            write_int8(exported(folder) / f"{GRAPH}.json", float32, int8)
            _write_sums(float32.parent, ONNX_FILES)
    return float32, int8


def writable_file(folder: Path, name: str) -> Path:
    """Path of a file beside the exported graph; in the user's cache if the graph is read-only and does not have the file."""
    graph = exported(folder)
    if (graph / name).exists() or os.access(graph, os.W_OK):
        return graph / name
    other = _export_parents(folder)[-1] / graph.name
    with contextlib.suppress(OSError):  # the error comes when the file is written
        other.mkdir(parents=True, exist_ok=True)
    return other / name


def _check_written(graph: Path) -> None:
    """Raises OSError if the graph cannot be read back: on a full disk, Paddle writes incomplete files without an error."""
    import paddle

    try:
        paddle.jit.load(str(graph))
    except Exception as problem:
        raise OSError(errno.ENOSPC, f"incomplete ({problem})") from problem


def _sums(folder: Path, files: Sequence[str]) -> Dict[str, list]:
    """Size and hash of each file of an export."""
    found = {}
    for name in files:
        with open(folder / name, "rb") as file:
            digest = hashlib.blake2b(digest_size=16)
            for chunk in iter(lambda: file.read(1 << 20), b""):
                digest.update(chunk)
            found[name] = [file.tell(), digest.hexdigest()]
    return found


def _write_sums(folder: Path, files: Sequence[str]) -> None:
    write_json(folder / f"{files[0]}.sums", _sums(folder, files))


def _is_complete(folder: Path, files: Sequence[str]) -> bool:
    """Whether the files of an export are unchanged since they were written: a predictor reads missing weights as 0 or nan."""
    try:
        return read_json(folder / f"{files[0]}.sums") == _sums(folder, files)
    except (OSError, UserError):
        return False


def _export_parents(folder: Path) -> List[Path]:
    """The folders that may hold exports: beside the checkpoint, or, if that is read-only, in the user's cache."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache"))
    folder = folder.resolve()
    beside = folder.with_name(folder.name + ".exported")
    return [beside, cache / "text_matching_exported"] if cache.is_absolute() else [beside]  # "~/.cache" if there is no home


def _export(folder: Path, target: Path) -> Path:
    runtime.load_paddle()
    import paddle

    from app.engine.inference_model import InferenceModel
    from app.match.checkpoint import load_matcher

    model, _, _ = load_matcher(folder)
    shape = [paddle.static.InputSpec([None, None], "int64", name) for name in ("input_ids", "token_type_ids")]
    with atomic_folder(target) as temporary, quiet(), writable_home():
        graph = paddle.jit.to_static(InferenceModel(model), input_spec=shape, full_graph=True)
        graph.eval()
        paddle.jit.save(graph, str(temporary / GRAPH))
        _check_written(temporary / GRAPH)
        _write_sums(temporary, PADDLE_FILES)
        if model_hash(folder) != target.name:
            raise UserError(f"{folder}: has changed while it was exported; is a training run writing to it? Start again")
    for older in target.parent.iterdir():
        if older.is_dir() and older != target and target.parent.name == f"{folder.name}.exported":
            shutil.rmtree(older, ignore_errors=True)  # exports of earlier weights
    return target
