"""Which engine is the fastest on this machine that decides as the reference does: measured once, and kept."""

from __future__ import annotations

import contextlib
import hashlib
import json
import time
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Callable, ContextManager, Dict, List, Sequence, Tuple

import numpy as np

from app import machine, runtime
from app.atomic import locked, read_json, write_json
from app.errors import UserError
from app.match.card import Card
from app.options import PredictOptions
from app.predict.engine import CLOSE, ROOM, Engine, engines_for, why_not
from app.predict.export import kept
from app.predict.journal import begun_with
from app.predict.plan import STDOUT, Job, first_pairs
from app.predict.processes import EngineProcesses
from app.predict.scorer import Scorer, Verdicts, decide
from app.text.tokenizer import PairTokenizer

LIBRARIES = ("paddlepaddle", "paddlepaddle-gpu", "onnxruntime", "onnx", "paddle2onnx")  # another version: compared anew
WITHOUT_RECORD = ("fp32", "dygraph")  # the order in which engines are tried where nothing was measured
SAMPLE = 2000  # pairs to compare on, at most,
PATIENCE = 30.0  # and only as many as the reference scores in that many seconds
LEAST = 200  # but that many at least; a file with fewer rows is scored sooner than engines are compared
TIMED = 10.0  # seconds that the speed of an engine is measured for


def choose_engines(jobs: List[Job], options: PredictOptions, card: Card, tell: Callable[[str], None]) -> List[str]:
    """The engine by name, the others behind it for where it cannot be opened; in words why. Engines are compared on the first
    rows of the first file, once.
    """
    if options.engine != "auto":
        return [options.engine]
    begun = "" if options.overwrite or jobs[0].result == STDOUT else begun_with(jobs[0].result, "engine")
    if begun:
        tell(f"engine: {begun.split()[0]}, with which this scoring was begun")
        return [begun.split()[0]]
    folder = Path(options.model_name_or_path)
    pairs = first_pairs(jobs[0], options, card.columns, SAMPLE)
    enough = len(pairs) >= LEAST
    reason = "the rows of a pipe cannot be read twice" if jobs[0].read_once else "there are few rows"
    try:
        record = compare(folder, options.device, card, pairs, tell) if enough else known(folder, options.device)
    except Exception as problem:  # whatever keeps engines from being compared, one of them may score all the same
        record, reason = {}, one_line(problem)
    engines = ranked(record, options.max_decision_change)
    if not record:
        tell(f"engine: {engines[0]} (others were not compared: {reason})")
        return engines
    tell(f"engine: {engines[0]}, the fastest of those that decide as the reference does")
    for line in describe(record, engines[0], options.max_decision_change):
        tell(line)
    return engines


def candidates(folder: Path, device: str, max_decision_change: float) -> List[str]:
    """Engines in the order in which `auto` tries them, as an earlier comparison on this machine found them."""
    try:
        return ranked(known(folder, device), max_decision_change)
    except Exception:  # the model cannot be exported: `open_first` says why
        return list(WITHOUT_RECORD)


def ranked(record: Dict[str, Any], max_decision_change: float) -> List[str]:
    """The record's engines that change no more decisions than allowed, the fastest first; then those that need no record."""
    engines = record.get("engines", {})
    fit = [name for name, each in engines.items() if each.get("changed", 2) <= max_decision_change]
    fit.sort(key=lambda name: -engines[name]["pairs_a_second"])
    return list(dict.fromkeys([*fit, *WITHOUT_RECORD]))


def margin(folder: Path, name: str, device: str) -> float:
    """How near to another decision an engine of few bits is not trusted: CLOSE, or more where the comparison found more."""
    found = known(folder, device).get("engines", {}).get(name, {}).get("difference", 0.0)
    return max(CLOSE[name], ROOM * found)


def open_first(names: Sequence[str], open_one: Callable[[str], Engine], say: Callable[[str], None]) -> Tuple[str, Engine]:
    """The first of these engines that can be opened, and its name; says why the ones before it cannot. Where none can, raises
    what the last one raised.
    """
    for name in names[:-1]:
        try:
            return name, open_one(name)
        except Exception as problem:  # whatever a library comes up with on a machine that it does not know
            say(f"{name} cannot run here: {one_line(problem)}")
    return names[-1], open_one(names[-1])


def one_line(problem: BaseException) -> str:
    """The last line of what an error says, or its kind where it says nothing."""
    return (str(problem).strip().splitlines() or [type(problem).__name__])[-1].strip()


def compare(folder: Path, device: str, card: Card, pairs: List[Tuple[str, str]], say: Callable[[str], None]) -> Dict[str, Any]:
    """The record: for each engine its speed, the largest difference of a probability from the reference's, and the share
    of changed decisions, on `pairs`. Read where it was measured on this machine before, else measured and written.
    """
    record = known(folder, device)
    if record:
        return record
    with locked(_record_file(folder, device).with_name(".engines.lock")):
        record = known(folder, device)
        if not record:
            record = _compare(folder, device, card, pairs, say)
            if not any(each.get("try_again") for each in record["engines"].values()):
                with contextlib.suppress(OSError):  # it is used all the same, and measured anew the next time
                    write_json(_record_file(folder, device), record)
        return record


def _compare(folder: Path, device: str, card: Card, pairs: List[Tuple[str, str]], say: Callable[[str], None]) -> Dict[str, Any]:
    with _opened("dygraph", folder, device, card) as reference:
        few = _of_medium_length(pairs, LEAST)
        _rate(reference, few[:32])
        rate = _rate(reference, few)
        count = max(LEAST, min(SAMPLE, int(rate * PATIENCE)))
        say(f"comparing engines on {min(len(pairs), count):,} pairs (once)")
        expected = decide(card, reference.submit(pairs[:count]).result())
    engines: Dict[str, Dict[str, Any]] = {"dygraph": {"pairs_a_second": rate, "difference": 0.0, "changed": 0.0}}
    for name in engines_for(device)[1:]:
        reason = why_not(name, device)
        engines[name] = {"cannot_run": reason} if reason else _measure(name, folder, device, card, pairs, expected)
    return {**_machine(device), "pairs": len(expected.label), "engines": engines}


def _of_medium_length(pairs: List[Tuple[str, str]], count: int) -> List[Tuple[str, str]]:
    """Pairs of like lengths: they fill batches as those of a large file do, where a sample of all lengths would not."""
    by_length = sorted(pairs, key=lambda pair: len(pair[0]) + len(pair[1]))
    begin = max(0, len(pairs) - count) // 2
    return by_length[begin : begin + count]


def _rate(scorer: Scorer, pairs: List[Tuple[str, str]]) -> float:
    """Pairs a second."""
    began = time.perf_counter()
    scorer.submit(pairs).result()
    return len(pairs) / (time.perf_counter() - began)


def _opened(name: str, folder: Path, device: str, card: Card) -> ContextManager[Scorer]:
    return contextlib.closing(Scorer(EngineProcesses(name, folder, device), PairTokenizer.load(folder), card))


def _measure(name: str, folder: Path, device: str, card: Card, pairs: list, expected: Verdicts) -> Dict[str, Any]:
    try:
        with _opened(name, folder, device, card) as scorer:
            verdicts = decide(card, scorer.submit(pairs[: len(expected.label)]).result())
            few = _of_medium_length(pairs, LEAST)
            _rate(scorer, few)  # the first pass over a shape is slower
            rate = _rate(scorer, _of_medium_length(pairs, max(LEAST, int(_rate(scorer, few) * TIMED))))
    except Exception as problem:  # whatever a library comes up with on a machine that it does not know
        passing = isinstance(problem, (UserError, OSError, MemoryError))  # a full disk, say: it may have room the next time
        return {"cannot_run": one_line(problem), "try_again": passing}
    return {
        "pairs_a_second": rate,
        "difference": float(np.abs(verdicts.probability - expected.probability).max()),
        "changed": float((verdicts.label != expected.label).mean()),
    }


def _machine(device: str) -> Dict[str, Any]:
    processor = runtime.gpu_name() if runtime.uses_gpu(device) else machine.cpu_name()
    return {"processor": processor, "threads": runtime.thread_count(), "libraries": _versions()}


def _versions() -> Dict[str, str]:
    """Of the libraries that engines are made of, those installed here; found without loading them."""
    found = {}
    for library in LIBRARIES:
        with contextlib.suppress(PackageNotFoundError):
            found[library] = version(library)
    return found


def _record_file(folder: Path, device: str) -> Path:
    """One file a kind of machine: several of them may read the same disk."""
    name = hashlib.sha256(json.dumps(_machine(device)).encode()).hexdigest()[:12]
    return kept(folder, f"engines-{name}.json")


def known(folder: Path, device: str) -> Dict[str, Any]:
    """The record that was measured on this machine; empty where there is none."""
    file = _record_file(folder, device)  # raises UserError where the checkpoint folder is not whole
    try:
        record = read_json(file)
        return record if isinstance(record["pairs"], int) and all(map(_is_measured, record["engines"].values())) else {}
    except (UserError, KeyError, TypeError, AttributeError):
        return {}  # none, or one that a broken disk has damaged


def _is_measured(engine: Dict[str, Any]) -> bool:
    """Whether one engine of a record has all that is read of it. Raises what Python does of what is no such thing."""
    if "cannot_run" in engine:
        return isinstance(engine["cannot_run"], str)
    return all(np.isfinite(engine[name]) for name in ("pairs_a_second", "difference", "changed"))


def describe(record: Dict[str, Any], chosen: str, max_decision_change: float) -> List[str]:
    """The comparison in words, a line an engine."""
    lines = []
    for name, each in record["engines"].items():
        if "cannot_run" in each:
            lines.append(f"  {name:9} cannot run here: {each['cannot_run']}")
            continue
        refused = f", more than the {max_decision_change:.2%} allowed" if each["changed"] > max_decision_change else ""
        changes = f"probability differs by {each['difference']:.1e} at most, {each['changed']:.2%} of decisions changed"
        told = "the reference" if name == "dygraph" else changes
        taken = "  <- taken" if name == chosen else ""
        lines.append(f"  {name:9} {each['pairs_a_second']:8,.0f} pairs/s, {told}{refused}{taken}")
    return lines
