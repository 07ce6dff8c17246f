"""Which engine is the fastest on this machine of those that decide as the reference does: measured once, then remembered."""

from __future__ import annotations

import contextlib
import time
from pathlib import Path
from typing import Any, Callable, ContextManager, Dict, List, Sequence, Tuple

import numpy as np

from app.atomic import locked, write_json
from app.engine.base import Engine
from app.engine.engines import engines_for, why_not
from app.engine.export import unchanged
from app.engine.measurements import read_record, record_file, this_machine
from app.engine.predictor import PairPredictor
from app.engine.process_pool import EngineProcessPool
from app.errors import UserError, last_line
from app.match.matcher_config import MatcherConfig, read_matcher_config
from app.match.predictions import Predictions, predict_labels
from app.text.fast_tokenizer import FastWordPieceTokenizer

WITHOUT_RECORD = ("fp32", "dygraph")  # the order in which engines are tried if nothing was measured
MAX_PAIRS = 2000  # pairs to compare the engines on, at most
MAX_SECONDS = 30.0  # and at most as many as the reference scores in this time
MIN_PAIRS = 200  # but at least this many; a file with fewer rows is scored sooner than engines are compared
SPEED_SECONDS = 10.0  # for which the speed of an engine is measured


def candidates(folder: Path, device: str, max_decision_change: float) -> List[str]:
    """Engines in the order in which `auto` tries them, by an earlier comparison on this machine."""
    try:
        return ranked(read_record(folder, device), max_decision_change)
    except Exception:  # the model cannot be exported: `open_first` says why
        return list(WITHOUT_RECORD)


def ranked(record: Dict[str, Any], max_decision_change: float) -> List[str]:
    """The record's engines that change no more decisions than allowed, the fastest first; then those that need no record."""
    engines = record.get("engines", {})
    allowed = [name for name, measured in engines.items() if measured.get("changed", 2) <= max_decision_change]
    allowed.sort(key=lambda name: -engines[name]["pairs_per_second"])
    return list(dict.fromkeys([*allowed, *WITHOUT_RECORD]))


def open_first(names: Sequence[str], open_one: Callable[[str], Engine], say: Callable[[str], None]) -> Tuple[str, Engine]:
    """The first of these engines that can be opened, with its name; says why the earlier ones cannot.

    Raises the error of the last one if none can be opened.
    """
    for name in names[:-1]:
        try:
            return name, open_one(name)
        except Exception as problem:  # a library may raise anything on a machine that it does not know
            say(f"{name} cannot run here: {last_line(problem)}")
    return names[-1], open_one(names[-1])


def open_predictor(
    folder: Path, names: Sequence[str], open_one: Callable[[str], Engine], say: Callable[[str], None]
) -> Tuple[str, PairPredictor]:
    """The first of these engines that can be opened for the checkpoint, by its name, and the predictor with it.

    All files are read from one state of the folder: raises UserError if it is replaced meanwhile.
    """
    with unchanged(folder):
        matcher_config, tokenizer = read_matcher_config(folder), FastWordPieceTokenizer.load(folder)
        name, engine = open_first(names, open_one, say)
    return name, PairPredictor(engine, tokenizer, matcher_config)


def compare(
    folder: Path, device: str, matcher_config: MatcherConfig, pairs: List[Tuple[str, str]], say: Callable[[str], None]
) -> Dict[str, Any]:
    """The record of this machine (see measurements.py): read if there is one, else measured on `pairs` and written."""
    record = read_record(folder, device)
    if record:
        return record
    file = record_file(folder, device)
    with locked(file.with_name(".engines.lock")):
        record = read_record(folder, device)
        if not record:
            record = _compare(folder, device, matcher_config, pairs, say)
            if not any(measured.get("try_again") for measured in record["engines"].values()):
                with contextlib.suppress(OSError):  # used all the same, and measured again the next time
                    write_json(file, record)
        return record


def _compare(
    folder: Path, device: str, matcher_config: MatcherConfig, pairs: List[Tuple[str, str]], say: Callable[[str], None]
) -> Dict[str, Any]:
    with _opened("dygraph", folder, device, matcher_config) as reference:
        sample = _of_medium_length(pairs, MIN_PAIRS)
        _pairs_per_second(reference, sample[:32])
        speed = _pairs_per_second(reference, sample)
        count = max(MIN_PAIRS, min(MAX_PAIRS, int(speed * MAX_SECONDS)))
        say(f"comparing engines on {min(len(pairs), count):,} pairs (once)")
        expected = predict_labels(matcher_config, reference.submit(pairs[:count]).result())
    engines: Dict[str, Dict[str, Any]] = {"dygraph": {"pairs_per_second": speed, "difference": 0.0, "changed": 0.0}}
    for name in engines_for(device)[1:]:
        reason = why_not(name, device)
        engines[name] = {"cannot_run": reason} if reason else _measure(name, folder, device, matcher_config, pairs, expected)
    return {**this_machine(device), "pairs": len(expected.label), "engines": engines}


def _of_medium_length(pairs: List[Tuple[str, str]], count: int) -> List[Tuple[str, str]]:
    """`count` pairs of similar length: they fill batches as the pairs of a large file do. A sample of all lengths would not."""
    by_length = sorted(pairs, key=lambda pair: len(pair[0]) + len(pair[1]))
    begin = max(0, len(pairs) - count) // 2
    return by_length[begin : begin + count]


def _pairs_per_second(predictor: PairPredictor, pairs: List[Tuple[str, str]]) -> float:
    began = time.perf_counter()
    predictor.submit(pairs).result()
    return len(pairs) / (time.perf_counter() - began)


def _opened(name: str, folder: Path, device: str, matcher_config: MatcherConfig) -> ContextManager[PairPredictor]:
    engine = EngineProcessPool(name, folder, device)
    return contextlib.closing(PairPredictor(engine, FastWordPieceTokenizer.load(folder), matcher_config))


def _measure(
    name: str, folder: Path, device: str, matcher_config: MatcherConfig, pairs: list, expected: Predictions
) -> Dict[str, Any]:
    try:
        with _opened(name, folder, device, matcher_config) as predictor:
            predictions = predict_labels(matcher_config, predictor.submit(pairs[: len(expected.label)]).result())
            sample = _of_medium_length(pairs, MIN_PAIRS)
            _pairs_per_second(predictor, sample)  # the first pass over a shape is slower
            enough = max(MIN_PAIRS, int(_pairs_per_second(predictor, sample) * SPEED_SECONDS))
            speed = _pairs_per_second(predictor, _of_medium_length(pairs, enough))
    except Exception as problem:  # a library may raise anything on a machine that it does not know
        temporary = isinstance(problem, (UserError, OSError, MemoryError))  # a full disk, for example: it may have room next time
        return {"cannot_run": last_line(problem), "try_again": temporary}
    return {
        "pairs_per_second": speed,
        "difference": float(np.abs(predictions.probability - expected.probability).max()),
        "changed": float((predictions.label != expected.label).mean()),
    }


def describe(record: Dict[str, Any], chosen: str, max_decision_change: float) -> List[str]:
    """The comparison as text, one line per engine."""
    lines = []
    for name, measured in record["engines"].items():
        if "cannot_run" in measured:
            lines.append(f"  {name:9} cannot run here: {measured['cannot_run']}")
            continue
        refused = f", more than the {max_decision_change:.2%} allowed" if measured["changed"] > max_decision_change else ""
        changes = f"probability differs by {measured['difference']:.1e} at most, {measured['changed']:.2%} of decisions changed"
        comment = "the reference" if name == "dygraph" else changes
        selected = "  <- selected" if name == chosen else ""
        lines.append(f"  {name:9} {measured['pairs_per_second']:8,.0f} pairs/s, {comment}{refused}{selected}")
    return lines
