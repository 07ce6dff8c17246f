"""Planned files -> published results: each is scored, put in order, and made whole."""

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
from typing import Any, Callable, Dict, List, Sequence, Tuple, Union

from app import runtime
from app.errors import UserError
from app.match.card import read_card
from app.options import PredictOptions
from app.predict.choose import open_first
from app.predict.engine import CLOSE
from app.predict.export import model_hash, unchanged
from app.predict.files import Stdout, score_rows
from app.predict.journal import FORMAT, Draft, Summary, finished
from app.predict.plan import STDOUT, Job
from app.predict.processes import EngineProcesses
from app.predict.ranking import sort_by_probability
from app.predict.rows import check_not_scored
from app.predict.scorer import Ledger, Scorer
from app.predict.scores import ScoreStore
from app.progress import say
from app.text.formats import ending_of
from app.text.json_array import write_array
from app.text.lines import ARRAY
from app.text.pairs import PairFile
from app.text.tables import write_table
from app.text.tokenizer import PairTokenizer
from app.text.xlsx import write_sheet


def run_all(
    jobs: List[Job], options: PredictOptions, engines: Sequence[str], progress: Callable[[int], None]
) -> Tuple[List[Summary], Ledger]:
    """Scores all jobs, with the first of these engines that opens; `progress` is told rows done.

    Returns what came of each file, and where the time went.
    """
    beside = jobs[0].result.parent if jobs[0].result != STDOUT else Path(tempfile.gettempdir())
    beside.mkdir(parents=True, exist_ok=True)
    with contextlib.closing(Run(beside, options, engines, progress)) as run:
        began = time.perf_counter()
        summaries = [run.score(job) for job in jobs]
        run.scorer.ledger.total = time.perf_counter() - began
        return summaries, run.scorer.ledger


class Run:
    """An engine, and the scores that are known so far (kept in the folder `beside`), for one file after the other."""

    def __init__(self, beside: Path, options: PredictOptions, engines: Sequence[str], progress: Callable[[int], None]):
        folder = Path(options.model_name_or_path)
        self.options, self.progress = options, progress
        with unchanged(folder):
            self.model = model_hash(folder)
            card, tokenizer = read_card(folder), PairTokenizer.load(folder)
            name, engine = open_first(
                engines, lambda name: EngineProcesses(name, folder, options.device), lambda text: say(text, sys.stderr)
            )
        self.scorer = Scorer(engine, tokenizer, card)
        self.engine = f"{name} on {'gpu' if runtime.uses_gpu(options.device) else 'cpu'}"
        self.reading = [self.scorer.card.max_seq_length, self.scorer.card.truncation]
        decision = asdict(card.decision) if name in CLOSE else ""  # what comes close to it is computed otherwise
        known_as = f"{self.model} {self.engine} {self.reading} {decision}".encode()
        self.store = ScoreStore(options.cache, known_as) if options.cache else ScoreStore.hidden(beside, known_as)

    def close(self) -> None:
        """Lets go of the engine's threads and of the store."""
        self.scorer.close()
        self.store.close()

    def score(self, job: Job) -> Summary:
        """Scores the file, and publishes the result."""
        options = self.options
        ranking = bool(options.sort_by_probability or options.top_k)
        if job.result == STDOUT and ranking:
            return self._through_a_file(job)
        identity = self._identity(job)
        draft: Union[Draft, Stdout] = Stdout()
        if job.result != STDOUT:
            before = None if options.overwrite or job.read_once else finished(job.result, identity)
            if before:
                return before
            draft = Draft(job.result, identity, packed=job.packed and not ranking)
        with PairFile(str(job.source), remembered=self.scorer.card.columns, **options.reading()) as file:
            check_not_scored(file)
            if job.read_once:
                say(f"{job.source}: {file.described()}", sys.stderr if job.result == STDOUT else sys.stdout)
            with contextlib.closing(draft):
                draft.begin(resume=not job.read_once, overwrite=options.overwrite)
                summary = score_rows(file, draft, self.scorer, self.store, options.symmetric, ranking, self.progress)
                if job.input_state() != identity["input"]:
                    raise UserError(f"{job.source}: has changed while it was scored; start again with --overwrite")
                if job.result != STDOUT:
                    draft.publish(summary, lambda rows: self._arranged(rows, file, job, ranking))
            return summary

    def _identity(self, job: Job) -> Dict[str, Any]:
        """All that decides on the scored rows: only what was begun with the same can go on."""
        card, options = self.scorer.card, self.options
        return {
            "format": FORMAT,
            "file": job.source.name,
            "input": job.input_state(),
            "reading_rows": options.reading(),
            "model": self.model,
            "engine": self.engine,
            "reading": self.reading,
            "decision": asdict(card.decision),
            "symmetric": options.symmetric,
            "order": [options.sort_by_probability, options.top_k],
        }

    def _arranged(self, rows: Path, file: PairFile, job: Job, ranking: bool) -> Path:
        """The scored rows in the order and the form that they are to have, in a file beside them."""
        if ranking:
            target = rows.with_name("sorted")
            with gzip.GzipFile(target, "wb", 6, mtime=0) if job.packed else open(target, "wb") as output:
                sort_by_probability(rows, file, self.options.top_k, output)
            rows = target
        packed = rows.with_name("packed")
        if file.is_table:
            write_table(job.source, file.container, rows, packed)
        elif file.container and ending_of(job.result) != file.format.kind:
            write = write_array if file.container == ARRAY else write_sheet
            write(rows, packed)
        else:
            return rows
        return packed

    def _through_a_file(self, job: Job) -> Summary:
        """Sorted rows for standard output: they can be written when the last is known."""
        with tempfile.TemporaryDirectory() as folder:
            whole = Path(folder) / "scored"
            summary = self.score(dataclasses.replace(job, result=whole))
            with open(whole, "rb") as rows:
                shutil.copyfileobj(rows, sys.stdout.buffer)
            sys.stdout.buffer.flush()
        return summary
