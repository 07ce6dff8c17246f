"""`--input_file` and `--result_file` -> jobs: each input with its result. Everything is checked before a model is loaded."""

from __future__ import annotations

import glob
import itertools
import os
import stat
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import List, Optional, Sequence, Tuple

from app.errors import UserError
from app.options import PredictOptions
from app.predict.output_file import check_not_scored
from app.text.formats import FORMATS, ending_of
from app.text.lines import STDIN
from app.text.pair_file import PairFile

STDOUT = Path("-")


@dataclass
class Job:
    """One input and its result. `result` is `-` for standard output."""

    source: Path
    result: Path
    described: str = ""  # format, encoding and columns in words; empty for a pipe, which is not read beforehand

    @property
    def packed(self) -> bool:
        """Whether the result is compressed with gzip."""
        return self.result.name.lower().endswith(".gz")

    @property
    def read_once(self) -> bool:
        """Whether the input is a pipe, whose rows cannot be read a second time."""
        return str(self.source) == STDIN or not stat.S_ISREG(os.stat(self.source).st_mode)

    def input_state(self) -> Optional[List[int]]:
        """Size in bytes and modification time in ns of the input, to notice changes; None for a pipe."""
        if self.read_once:
            return None
        state = os.stat(self.source)
        return [state.st_size, state.st_mtime_ns]


def plan(options: PredictOptions, remembered: Sequence[str] = ()) -> List[Job]:
    """The checked jobs of a command. `remembered`: names of the columns in training.

    Raises UserError if an input cannot be read or its result cannot be written.
    """
    jobs = find_jobs(options)
    for job in jobs:
        check_job(job, options, remembered)
    return jobs


def find_jobs(options: PredictOptions) -> List[Job]:
    """The jobs, without a look into the files. Raises UserError if there is no input, or two inputs have the same result."""
    sources = list(dict.fromkeys(source for name in options.input_file for source in _expand(name)))
    folder = options.result_file if options.result_file.endswith("/") or os.path.isdir(options.result_file) else ""
    if len(sources) > 1 and options.result_file and not folder:
        raise UserError(f"--result_file {options.result_file}: must be a folder (end it with /) for {len(sources)} inputs")
    jobs = [_job(source, folder, options) for source in sources]
    counts = Counter(job.result for job in jobs)
    twice = next((result for result, count in counts.items() if count > 1), None)
    inputs = {Path(os.path.realpath(source)) for source in sources}
    if twice:
        raise UserError(f"--result_file {twice}: would be the result of two inputs")
    if inputs & counts.keys():
        raise UserError(f"--result_file {min(inputs & counts.keys())}: is an input file itself")
    return jobs


def _expand(name: str) -> List[Path]:
    if os.path.isdir(name):
        raise UserError(f"--input_file {name}: is a folder; name its files, or a pattern like {os.path.join(name, '*.tsv')}")
    if name == STDIN or os.path.exists(name):
        return [Path(name)]
    paths = [Path(path) for path in sorted(glob.glob(name, recursive=True))]
    found = [path for path in paths if ".scored." not in path.name and not path.is_dir()]
    if not found:
        raise UserError(f"--input_file {name}: must be an existing file, a pattern that matches some, or -")
    return found


def _job(source: Path, folder: str, options: PredictOptions) -> Job:
    is_stdin = str(source) == STDIN
    if folder and not is_stdin:
        result = Path(folder) / default_result(source).name
    else:
        result = Path(options.result_file) if options.result_file else STDOUT if is_stdin else default_result(source)
    return Job(source, result if result == STDOUT else Path(os.path.realpath(result)))


def default_result(source: Path) -> Path:
    """`pairs.tsv.gz` -> `pairs.scored.tsv.gz`, beside the input."""
    endings = source.suffixes[-2:] if source.name.lower().endswith(".gz") else source.suffixes[-1:]
    stem = source.name[: len(source.name) - len("".join(endings))]
    return source.with_name(f"{stem}.scored{''.join(endings)}")


def check_job(job: Job, options: PredictOptions, remembered: Sequence[str]) -> None:
    """Sets `job.described`. Raises UserError if the input cannot be read, or the result cannot be written as the flags say."""
    if not job.read_once:
        with PairFile(str(job.source), remembered=remembered, **options.reading()) as file:
            check_not_scored(file)
            job.described = file.described()
            table = file.container.partition(" ")[0] if file.is_table else ""
            own_formats = (ending_of(job.source), table or file.container, table or file.format.name)
        if table and (job.result == STDOUT or options.sort_by_probability or options.top_k):
            raise UserError(f"{job.source}: a {table.capitalize()} table is scored in its order, and into a file")
        wanted = ending_of(job.result)
        if job.result != STDOUT and wanted in FORMATS and wanted not in own_formats:
            name = own_formats[1] or own_formats[2]
            raise UserError(f"--result_file {job.result}: must have the format of the input ({name})")
    if job.result != STDOUT:
        check_writable(job.result)


def check_writable(result: Path) -> None:
    """Raises UserError if the file `result` cannot be written."""
    if result.exists() and not result.is_file():
        raise UserError(f"--result_file {result}: exists already and is not a file")
    parent = next(parent for parent in result.parents if parent.exists())
    if not parent.is_dir() or not os.access(parent, os.W_OK):
        raise UserError(f"--result_file {result}: {parent} is not a folder that can be written to")


def first_pairs(job: Job, options: PredictOptions, remembered: Sequence[str], max_rows: int) -> List[Tuple[str, str]]:
    """The distinct pairs of the first rows of a job; empty for a pipe."""
    if job.read_once:
        return []
    with PairFile(str(job.source), remembered=remembered, **options.reading()) as file:
        rows = itertools.islice(file, max_rows)
        return list(dict.fromkeys((row.text_a, row.text_b) for row in rows if not row.error))
