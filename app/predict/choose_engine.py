"""`--engine auto`: compares the engines on the first rows of the first file, and says which one is used and why."""

from __future__ import annotations

from pathlib import Path
from typing import Callable, List

from app.engine.measurements import read_record
from app.engine.select import MAX_PAIRS, MIN_PAIRS, compare, describe, ranked
from app.errors import last_line
from app.match.matcher_config import MatcherConfig
from app.options import PredictOptions
from app.predict.input_files import STDOUT, Job, first_pairs
from app.predict.journal import started_with


def choose_engines(
    jobs: List[Job], options: PredictOptions, matcher_config: MatcherConfig, say: Callable[[str], None]
) -> List[str]:
    """Names of the engines to try, in this order; the later ones are for machines where the first cannot be opened."""
    if options.engine != "auto":
        return [options.engine]
    before = "" if options.overwrite or jobs[0].result == STDOUT else started_with(jobs[0].result, "engine")
    if before:
        say(f"engine: {before.split()[0]}, with which this scoring was started")
        return [before.split()[0]]
    folder = Path(options.model_name_or_path)
    pairs = first_pairs(jobs[0], options, matcher_config.columns, MAX_PAIRS)
    enough = len(pairs) >= MIN_PAIRS
    reason = f"there are fewer than {MIN_PAIRS} different pairs"
    if jobs[0].read_once:
        reason = "the rows of a pipe cannot be read twice"
    try:
        record = compare(folder, options.device, matcher_config, pairs, say) if enough else read_record(folder, options.device)
    except Exception as problem:  # whatever prevents the comparison, one of the engines may still be able to score
        record, reason = {}, last_line(problem)
    engines = ranked(record, options.max_decision_change)
    if not record:
        say(f"engine: {engines[0]} (others were not compared: {reason})")
        return engines
    say(f"engine: {engines[0]}, the fastest that changes at most {options.max_decision_change:.2%} of the decisions")
    for line in describe(record, engines[0], options.max_decision_change):
        say(line)
    return engines
