"""`predict.py`: score the pairs of files, or one pair on the terminal."""

from __future__ import annotations

import dataclasses
import os
import sys
from pathlib import Path
from typing import List

from app import runtime
from app.errors import Interrupted, UserError
from app.flags import parse
from app.match.card import Card, read_card
from app.options import PredictOptions
from app.progress import ProgressCounter, say

SHOWN, NAMED = 20, 5  # files whose counts are told one by one, and those that could not be scored


def main(arguments: List[str]) -> None:
    """Runs the command."""
    _refuse_removed(arguments)
    options = parse(PredictOptions, "predict.py", arguments)
    if options.text_a:
        return _score_one(options)
    try:
        return _score_files(options)
    except KeyboardInterrupt:
        raise Interrupted("stopped; what was scored is kept, the same command goes on") from None


def _refuse_removed(arguments: List[str]) -> None:
    """Tells who looks for what is gone, what to use instead."""
    gone = [argument for argument in arguments if argument.partition("=")[0].replace("-", "_") in ("__num_workers", "__shard")]
    if gone or runtime.world_size() > 1:
        what = gone[0] if gone else "paddle.distributed.launch"
        raise UserError(f"{what}: not for prediction any more; --ray scores files on several GPUs and machines (docs/scale.md)")


def _score_one(options: PredictOptions) -> None:
    from app.predict.matcher import Matcher
    from app.predict.scorer import decide

    matcher = Matcher.load(options.model_name_or_path, options.device, options.engine, options.max_decision_change)
    pair = (options.text_a, options.text_b)
    orders = sorted([pair, pair[::-1]]) if options.symmetric else [pair]
    scores = matcher.scorer.submit(orders).result()
    scores = matcher.scorer.exact_means(orders, scores) if options.symmetric else scores
    verdict = decide(matcher.card, scores, len(orders))
    labels, decision = matcher.card.labels, matcher.card.decision
    told = f"probability {verdict.probability[0]:.4f}"
    if len(labels) == 2:
        told = f"probability of {labels[decision.positive]!r} {verdict.probability[0]:.4f}, threshold {decision.threshold:g}"
    print(f"prediction: {labels[verdict.label[0]]}   ({told})")
    if verdict.turned[0]:
        print("the order of the texts changes the prediction; both orders are averaged here")
    if verdict.cut[0]:
        print(f"the pair is longer than {matcher.card.max_seq_length} tokens and was cut")


def _score_files(options: PredictOptions) -> None:
    from app.predict.choose import choose_engines
    from app.predict.jobs import run_all
    from app.predict.journal import clear
    from app.predict.plan import STDOUT, plan

    card = read_card(Path(options.model_name_or_path))
    if len(card.labels) != 2 and (options.sort_by_probability or options.top_k):
        raise UserError(f"--sort_by_probability, --top_k: the model has {len(card.labels)} labels; there is no match to sort by")
    if options.ray:
        return _score_on_ray(options, card)
    jobs = plan(options, card.columns)
    # Words do not go between the rows on standard output.
    stream = sys.stderr if any(job.result == STDOUT for job in jobs) else sys.stdout

    def tell(text: str) -> None:
        say(text, stream)

    for job in (job for job in jobs if job.described):
        tell(f"{job.source}: {job.described}")
    engines = choose_engines(jobs, options, card, tell)
    with ProgressCounter("scoring", "rows", stream) as done:
        summaries, ledger = run_all(jobs, options, engines, done)
    repeated = "repeated, or in the cache" if options.cache else "repeated"
    for job, summary in zip(jobs, summaries):
        name = "" if job.result == STDOUT else f"{job.result}: "
        tell(f"{name}{_counts(summary, card, repeated)}")
    clear([job.result for job in jobs if job.result != STDOUT])
    _check_some_scored(summaries)
    tell(f"{done.count:,} rows in {ledger.total:,.1f} s, {done.count / ledger.total:,.0f} rows/s: {_seconds(ledger)}")


def _score_on_ray(options: PredictOptions, card: Card) -> None:
    from app.predict.cluster import score_on_ray
    from app.predict.journal import clear
    from app.predict.plan import STDOUT, find_jobs

    jobs = [dataclasses.replace(job, source=Path(os.path.abspath(job.source))) for job in find_jobs(options)]
    if options.cache:
        raise UserError("--cache: is a file of one machine, and --ray is for several")
    for job in jobs:
        if job.result == STDOUT or not job.source.is_file():
            raise UserError(f"{job.source}: --ray scores files into files, no pipes and no standard output")
    outcomes, seconds = score_on_ray(jobs, options, say)
    done = [(job, outcome.summary) for job, outcome in zip(jobs, outcomes) if not outcome.error]
    for job, summary in done[:SHOWN]:
        say(f"{job.result}: {_counts(summary, card, 'repeated')}")
    if len(done) > SHOWN:
        say(f"... and {len(done) - SHOWN:,} files more")
    rows = sum(summary.rows for _, summary in done)
    say(f"{rows:,} rows of {len(done):,} files in {seconds:,.1f} s, {rows / max(seconds, 1e-9):,.0f} rows/s")
    failed = [(str(job.source), outcome.error) for job, outcome in zip(jobs, outcomes) if outcome.error]
    if failed:
        told = [f"{source}: {error.replace(f'{source}: ', '')}" for source, error in failed[:NAMED]]
        more = f" (and {len(failed) - NAMED} more)" if len(failed) > NAMED else ""
        raise UserError(f"{len(failed)} of {len(jobs)} files were not scored, the others are: {'; '.join(told)}{more}")
    clear([job.result for job in jobs])
    _check_some_scored([outcome.summary for outcome in outcomes])


def _check_some_scored(summaries: list) -> None:
    if 0 < sum(summary.rows for summary in summaries) == sum(summary.errors for summary in summaries):
        first = summaries[0].first_error
        raise UserError(f"no row could be scored, the first is {first}; the rows with their errors are written")


def _counts(summary, card: Card, repeated: str) -> str:
    positive = card.labels[card.decision.positive]
    parts = [f"{summary.rows:,} rows", f"{summary.scored:,} pairs scored"]
    if len(card.labels) == 2:
        parts.insert(1, f"{summary.matches:,} predicted {positive!r}")
    if summary.asked > summary.scored:
        parts.append(f"{summary.asked - summary.scored:,} {repeated}")
    if summary.cut:
        parts.append(f"{summary.cut:,} longer than {card.max_seq_length} tokens and cut")
    if summary.asked > summary.rows - summary.errors:  # both orders were scored
        parts.append(f"{summary.turned:,} whose decision the order of the texts changes")
    if summary.errors:
        parts.append(f"{summary.errors:,} could not be scored (column `error`), the first in {summary.first_error}")
    return ", ".join(parts)


def _seconds(ledger) -> str:
    parts = [f"{name} {getattr(ledger, name):.1f} s" for name in ("read", "tokenize", "wait", "write")]
    share = f", {ledger.tokens / ledger.positions:.1%} of what it computed were tokens" if ledger.positions else ""
    return f"{', '.join(parts)}; the engine worked {ledger.forward:.1f} s{share}"
