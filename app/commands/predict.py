"""`predict.py`: score the pairs of files, or one pair on the terminal."""

from __future__ import annotations

import dataclasses
import os
import sys
from pathlib import Path
from typing import List

from app import runtime
from app.default_matcher import say_if_shipped
from app.engine.engines import check_engine_name
from app.errors import Interrupted, UserError
from app.flags import parse
from app.match.matcher_config import MatcherConfig, read_matcher_config
from app.options import PredictOptions
from app.progress import ProgressCounter, say

MAX_SUMMARIES, MAX_ERRORS = 20, 5  # lines printed for scored files, and for files that could not be scored


def main(arguments: List[str]) -> None:
    """Runs the command."""
    _refuse_removed(arguments)
    options = parse(PredictOptions, "predict.py", arguments)
    check_engine_name(options.engine)
    say_if_shipped(options.model_name_or_path)
    if options.text_a:
        return _score_one(options)
    try:
        return _score_files(options)
    except KeyboardInterrupt:
        raise Interrupted("stopped; the scored rows are kept, the same command continues") from None


def _refuse_removed(arguments: List[str]) -> None:
    """Raises UserError for flags of earlier versions, with what replaces them."""
    removed = [argument for argument in arguments if argument.partition("=")[0].replace("-", "_") in ("__num_workers", "__shard")]
    if removed or runtime.world_size() > 1:
        name = removed[0] if removed else "paddle.distributed.launch"
        raise UserError(f"{name}: not for prediction any more; --ray scores files on several GPUs and machines (docs/scale.md)")


def _score_one(options: PredictOptions) -> None:
    from app.match.predictions import predict_labels
    from app.predict.matcher import Matcher
    from app.predict.output_file import NOT_FINITE

    matcher = Matcher.load(options.model_name_or_path, options.device, options.engine, options.max_decision_change)
    pair = (options.text_a, options.text_b)
    orders = sorted([pair, pair[::-1]]) if options.symmetric else [pair]
    outputs = matcher.predictor.submit(orders).result()
    outputs = matcher.predictor.rescore_means(orders, outputs) if options.symmetric else outputs
    predictions = predict_labels(matcher.matcher_config, outputs, len(orders))
    if not predictions.finite[0]:
        raise UserError(f"{options.model_name_or_path}: {NOT_FINITE}")
    labels, decision = matcher.matcher_config.labels, matcher.matcher_config.decision
    details = f"probability {predictions.probability[0]:.4f}"
    if len(labels) == 2:
        positive = labels[decision.positive]
        details = f"probability of {positive!r} {predictions.probability[0]:.4f}, threshold {decision.threshold:g}"
    print(f"prediction: {labels[predictions.label[0]]}   ({details})")
    if predictions.order_sensitive[0]:
        print("the order of the texts changes the prediction; both orders are averaged here")
    if predictions.truncated[0]:
        print(f"the pair is longer than {matcher.matcher_config.max_seq_length} tokens and was truncated")


def _score_files(options: PredictOptions) -> None:
    from app.predict.choose_engine import choose_engines
    from app.predict.input_files import STDOUT, plan
    from app.predict.journal import clear
    from app.predict.scoring_run import score_files

    matcher_config = read_matcher_config(Path(options.model_name_or_path))
    labels = len(matcher_config.labels)
    if labels != 2 and (options.sort_by_probability or options.top_k):
        raise UserError(f"--sort_by_probability, --top_k: the model has {labels} labels; none of them means a match to sort by")
    if options.ray:
        return _score_on_ray(options, matcher_config)
    jobs = plan(options, matcher_config.columns)
    # Messages must not be mixed with rows on standard output.
    stream = sys.stderr if any(job.result == STDOUT for job in jobs) else sys.stdout

    def report(text: str) -> None:
        say(text, stream)

    for job in (job for job in jobs if job.described):
        report(f"{job.source}: {job.described}")
    engines = choose_engines(jobs, options, matcher_config, report)
    with ProgressCounter("scoring", "rows", stream) as counter:
        summaries, timings = score_files(jobs, options, engines, counter)
    repeated = "repeated, or in the cache" if options.cache else "repeated"
    for job, summary in zip(jobs, summaries):
        name = "" if job.result == STDOUT else f"{job.result}: "
        report(f"{name}{_counts(summary, matcher_config, repeated)}")
    clear([job.result for job in jobs if job.result != STDOUT])
    _check_some_scored(summaries)
    report(f"{counter.count:,} rows in {timings.total:,.1f} s, {counter.count / timings.total:,.0f} rows/s: {_seconds(timings)}")


def _score_on_ray(options: PredictOptions, matcher_config: MatcherConfig) -> None:
    from app.predict.input_files import STDOUT, find_jobs
    from app.predict.journal import clear
    from app.predict.ray_data import score_on_ray

    jobs = [dataclasses.replace(job, source=Path(os.path.abspath(job.source))) for job in find_jobs(options)]
    if options.cache:
        raise UserError("--cache: is a file of one machine, and --ray is for several")
    for job in jobs:
        if job.result == STDOUT or not job.source.is_file():
            raise UserError(f"{job.source}: --ray scores files into files, no pipes and no standard output")
    results, seconds = score_on_ray(jobs, options, say)
    scored = [(job, result.summary) for job, result in zip(jobs, results) if not result.error]
    for job, summary in scored[:MAX_SUMMARIES]:
        say(f"{job.result}: {_counts(summary, matcher_config, 'repeated')}")
    if len(scored) > MAX_SUMMARIES:
        say(f"... and {len(scored) - MAX_SUMMARIES:,} more files")
    rows = sum(summary.rows for _, summary in scored)
    say(f"{rows:,} rows of {len(scored):,} files in {seconds:,.1f} s, {rows / max(seconds, 1e-9):,.0f} rows/s")
    failed = [(str(job.source), result.error) for job, result in zip(jobs, results) if result.error]
    if failed:
        errors = [f"{source}: {error.replace(f'{source}: ', '')}" for source, error in failed[:MAX_ERRORS]]
        more = f" (and {len(failed) - MAX_ERRORS} more)" if len(failed) > MAX_ERRORS else ""
        raise UserError(f"{len(failed)} of {len(jobs)} files were not scored, the others are: {'; '.join(errors)}{more}")
    clear([job.result for job in jobs])
    _check_some_scored([result.summary for result in results])


def _check_some_scored(summaries: list) -> None:
    if 0 < sum(summary.rows for summary in summaries) == sum(summary.errors for summary in summaries):
        first = summaries[0].first_error
        raise UserError(f"no row could be scored; the first error is in {first}; the rows with their errors are written")


def _counts(summary, matcher_config: MatcherConfig, repeated: str) -> str:
    positive = matcher_config.labels[matcher_config.decision.positive]
    counts = [f"{summary.rows:,} rows", f"{summary.scored:,} pairs scored"]
    if len(matcher_config.labels) == 2:
        counts.insert(1, f"{summary.matches:,} predicted {positive!r}")
    if summary.pairs > summary.scored:
        counts.append(f"{summary.pairs - summary.scored:,} {repeated}")
    if summary.truncated:
        counts.append(f"{summary.truncated:,} longer than {matcher_config.max_seq_length} tokens and truncated")
    if summary.pairs > summary.rows - summary.errors:  # both orders were scored
        counts.append(f"{summary.order_sensitive:,} whose prediction depends on the order of the texts")
    if summary.errors:
        counts.append(f"{summary.errors:,} could not be scored (column `error`), the first in {summary.first_error}")
    return ", ".join(counts)


def _seconds(timings) -> str:
    seconds = [f"{name} {getattr(timings, name):.1f} s" for name in ("read", "tokenize", "wait", "write")]
    engine = f"the engine worked {timings.forward:.1f} s"
    if timings.positions:
        engine += f", {1 - timings.tokens / timings.positions:.1%} of it on padding and float32 rescoring"
    return f"{', '.join(seconds)}; {engine}"
