"""One model, file after file: each file is scored, put into order and form, and published."""

from __future__ import annotations

import contextlib
import dataclasses
import gzip
import shutil
import sys
import tempfile
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any, Callable, Dict, List, Sequence, Tuple

from app import runtime
from app.engine.export import model_hash, unchanged
from app.engine.predictor import Timings
from app.engine.process_pool import EngineProcessPool
from app.engine.rescore import RESCORE_MARGIN
from app.engine.select import open_predictor
from app.errors import UserError
from app.options import PredictOptions
from app.predict.containers import convert
from app.predict.input_files import STDOUT, Job
from app.predict.journal import FORMAT, ResumableRows, Summary, published
from app.predict.output_file import ScoredRows, StandardOutput, check_labels, check_not_scored
from app.predict.ranking import sort_by_probability
from app.predict.score_cache import ScoreCache
from app.predict.score_file import score_file
from app.progress import say
from app.text.pair_file import PairFile


def score_files(
    jobs: List[Job], options: PredictOptions, engines: Sequence[str], report_rows: Callable[[int], None]
) -> Tuple[List[Summary], Timings]:
    """Scores all jobs with the first of these engines that can be opened. `report_rows` is called with numbers of finished rows.

    Returns the counts of each file, and the timings.
    """
    folder = jobs[0].result.parent if jobs[0].result != STDOUT else Path(tempfile.gettempdir())
    folder.mkdir(parents=True, exist_ok=True)
    with contextlib.closing(ScoringRun(folder, options, engines, report_rows)) as run:
        began = time.perf_counter()
        summaries = [run.score(job) for job in jobs]
        run.predictor.timings.total = time.perf_counter() - began
        return summaries, run.predictor.timings


class ScoringRun:
    """A model and a cache of its outputs (in `cache_folder`, unless --cache names a file) for several files."""

    def __init__(
        self, cache_folder: Path, options: PredictOptions, engines: Sequence[str], report_rows: Callable[[int], None]
    ):
        folder = Path(options.model_name_or_path)
        self.options, self.report_rows = options, report_rows
        with unchanged(folder):
            self.model = model_hash(folder)
            name, self.predictor = open_predictor(
                folder, engines, lambda name: EngineProcessPool(name, folder, options.device), lambda text: say(text, sys.stderr)
            )
        matcher_config = self.predictor.matcher_config
        self.engine = f"{name} on {'gpu' if runtime.uses_gpu(options.device) else 'cpu'}"
        self.truncation = [matcher_config.max_seq_length, matcher_config.truncation]
        decision = asdict(matcher_config.decision) if name in RESCORE_MARGIN else ""  # it decides which outputs are in float32
        key = f"{self.model} {self.engine} {self.truncation} {decision}".encode()
        self.cache = ScoreCache(options.cache, key) if options.cache else ScoreCache.temporary(cache_folder, key)

    def close(self) -> None:
        """Closes the engine and the cache."""
        self.predictor.close()
        self.cache.close()

    def score(self, job: Job) -> Summary:
        """Scores the file and publishes the result."""
        options = self.options
        ranking = bool(options.sort_by_probability or options.top_k)
        if job.result == STDOUT and ranking:
            return self._rank_to_stdout(job)
        identity = self._identity(job)
        if job.result != STDOUT and not (options.overwrite or job.read_once):
            summary = published(job.result, identity)
            if summary:
                return summary
        with PairFile(str(job.source), remembered=self.predictor.matcher_config.columns, **options.reading()) as file:
            check_not_scored(file)
            check_labels(file, self.predictor.matcher_config.labels)
            if job.read_once:
                say(f"{job.source}: {file.described()}", sys.stderr if job.result == STDOUT else sys.stdout)
            with contextlib.closing(self._output(job, identity, ranking)) as output:
                output.begin(resume=not job.read_once, overwrite=options.overwrite)
                summary = score_file(
                    file, output, self.predictor, self.cache, options.symmetric, ranking, self.report_rows
                )
                if job.input_state() != identity["input"]:
                    raise UserError(f"{job.source}: has changed while it was scored; start again with --overwrite")
                output.publish(summary, lambda rows: self._arranged(rows, file, job, ranking))
            return summary

    def _output(self, job: Job, identity: Dict[str, Any], ranking: bool) -> ScoredRows:
        if job.result == STDOUT:
            return StandardOutput()
        return ResumableRows(job.result, identity, packed=job.packed and not ranking)

    def _identity(self, job: Job) -> Dict[str, Any]:
        """Everything that the scored rows depend on. Only a scoring with the same identity can be continued."""
        matcher_config, options = self.predictor.matcher_config, self.options
        return {
            "format": FORMAT,
            "file": job.source.name,
            "input": job.input_state(),
            "reading": options.reading(),
            "model": self.model,
            "engine": self.engine,
            "truncation": self.truncation,
            "decision": asdict(matcher_config.decision),
            "symmetric": options.symmetric,
            "order": [options.sort_by_probability, options.top_k],
        }

    def _arranged(self, rows: Path, file: PairFile, job: Job, ranking: bool) -> Path:
        """The scored rows in their final order and format, in a file beside `rows`."""
        if ranking:
            target = rows.with_name("sorted")
            with gzip.GzipFile(target, "wb", 6, mtime=0) if job.packed else open(target, "wb") as output:
                sort_by_probability(rows, file, self.options.top_k, output)
            rows = target
        converted = rows.with_name("converted")
        return converted if convert(rows, file, job, converted) else rows

    def _rank_to_stdout(self, job: Job) -> Summary:
        """Sorted rows can only be written when the last row is scored: they go to a temporary file first."""
        with tempfile.TemporaryDirectory() as folder:
            complete = Path(folder) / "scored"
            summary = self.score(dataclasses.replace(job, result=complete))
            with open(complete, "rb") as rows:
                shutil.copyfileobj(rows, sys.stdout.buffer)
            sys.stdout.buffer.flush()
        return summary
