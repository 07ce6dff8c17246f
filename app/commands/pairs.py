"""`python -m app pairs`: a file of texts -> pairs worth learning from, for a teacher to label."""

from __future__ import annotations

import gzip
import io
from collections import Counter
from dataclasses import dataclass, fields
from pathlib import Path
from typing import List, Optional, TextIO

from app.distill.calibration import cosines_of
from app.distill.encoder import Encoder
from app.distill.options import TeacherOptions
from app.distill.pair_maker import PairMaker, PairsPerText
from app.distill.score_table import ScoreTable
from app.distill.teacher import Teacher
from app.distill.texts import Block, batched, blocks, read_lines
from app.distill.work_folder import COMPLETE, check_not_read, work_folder
from app.errors import UserError
from app.flags import check, parse
from app.predict.input_files import check_writable
from app.progress import ProgressCounter, say
from app.text.formats import ending_of

PAIRS_AT_ONCE = 4096


@dataclass
class PairsOptions(TeacherOptions):
    """Make pairs from a file of texts: neighbours by a teacher, by characters and words, near misses, rewordings, random pairs.
    `python -m app label` then gives them probabilities."""

    input_file: str = ""
    """File of texts (.txt or .gz): one a line, or several on one topic with tabs between them."""
    result_file: str = ""
    """TSV (.tsv or .tsv.gz) with the columns text_a, text_b, kind and, with a teacher, cosine. Empty: beside the input,
    NAME.pairs.tsv."""
    group_pairs: float = PairsPerText.group
    """Pairs with another text of the same line, for each text on average."""
    teacher_pairs: float = PairsPerText.teacher
    """Pairs with a neighbour by the teacher, for each text on average. Without --teacher there are none."""
    bm25_pairs: float = PairsPerText.bm25
    """Pairs with a neighbour by BM25 over characters and words, for each text on average."""
    near_miss_pairs: float = PairsPerText.near_miss
    """Pairs with the same text but for one word, number, name or negation, for each text on average (rules for Chinese)."""
    rewording_pairs: float = PairsPerText.rewording
    """Pairs with the same text in other words, for each text on average (rules for Chinese)."""
    random_pairs: float = PairsPerText.random
    """Pairs with a random text, for each text on average."""
    both_orders: bool = False
    """Write each pair in both orders. Otherwise its order is random."""
    block_texts: int = 50_000
    """Texts in memory at a time. Neighbours are searched among them."""
    max_characters: int = 100
    """Longer texts are left out."""
    seed: int = 42
    """Seed of all random choices. The same seed and the same texts give the same pairs."""

    def __post_init__(self) -> None:
        super().__post_init__()
        check("input_file", self.input_file, Path(self.input_file).is_file(), "an existing file")
        for kind, value in vars(self.per_text).items():
            check(f"{kind}_pairs", value, 0 <= value <= 100, "from 0 to 100")
        is_used = bool(self.teacher) or self.teacher_pairs == PairsPerText.teacher
        check("teacher_pairs", self.teacher_pairs, is_used, "left out without --teacher")
        check("block_texts", self.block_texts, self.block_texts >= 2, "2 or more")
        check("max_characters", self.max_characters, self.max_characters >= 1, "1 or more")
        check("seed", self.seed, self.seed >= 0, "0 or more")
        check("result_file", self.result_file, ending_of(self.result) in ("tsv", "txt"), "a .tsv or .tsv.gz file")
        check_not_read(self.result, self.input_file)
        check_writable(self.result)

    @property
    def result(self) -> Path:
        """The file to write."""
        name = Path(self.input_file).name
        for ending in (".gz", ".txt", ".tsv"):
            name = name[: -len(ending)] if name.lower().endswith(ending) else name
        return Path(self.result_file or Path(self.input_file).with_name(f"{name}.pairs.tsv")).resolve()

    @property
    def per_text(self) -> PairsPerText:
        """How many pairs of each kind a text gets on average."""
        return PairsPerText(**{each.name: getattr(self, f"{each.name}_pairs") for each in fields(PairsPerText)})


def main(arguments: List[str]) -> None:
    """Runs the command."""
    options = parse(PairsOptions, "python -m app pairs", arguments)
    encoder = Encoder(options.teacher) if options.teacher else None
    left_out: Counter = Counter()
    table = ScoreTable()
    with work_folder(options.result) as folder, options.open_teacher(encoder, folder) as teacher:
        packed = options.result.name.lower().endswith(".gz")
        file = gzip.GzipFile(folder / COMPLETE, "wb", 6, mtime=0) if packed else open(folder / COMPLETE, "wb")
        with file, io.TextIOWrapper(file, encoding="utf-8", newline="\n") as output:
            texts = _write(options, output, teacher, table, left_out)
        if not table.pairs:
            reasons = "".join(f"; {line}" for line in _left_out(left_out))
            raise UserError(f"{options.input_file}: no pair could be made of {texts:,} usable texts{reasons}")
    for line in table.lines():
        say(line)
    say(f"{options.result}: {table.pairs:,} pairs of {texts:,} texts")
    for line in _left_out(left_out):
        say(line)


def _left_out(left_out: Counter) -> List[str]:
    """What was left out as one line, or no line."""
    reasons = [f"{count:,} {reason}" for reason, count in left_out.items() if count]
    return [f"texts left out: {', '.join(reasons)}"] if reasons else []


def _write(
    options: PairsOptions, output: TextIO, teacher: Optional[Teacher], table: ScoreTable, left_out: Counter
) -> int:
    """Writes all pairs, and adds them to `table`. Returns the number of texts."""
    output.write("text_a\ttext_b\tkind" + "\tcosine" * bool(teacher) + "\n")
    lines = read_lines(Path(options.input_file), options.max_characters, left_out)
    with ProgressCounter("making pairs", "texts") as counter:
        for number, block in enumerate(blocks(lines, options.block_texts, left_out)):
            _write_block(options, output, teacher, table, block, number)
            counter(len(block.texts))
        return counter.count


def _write_block(
    options: PairsOptions, output: TextIO, teacher: Optional[Teacher], table: ScoreTable, block: Block, number: int
) -> None:
    vectors = teacher.vectors(block.texts) if teacher else None
    maker = PairMaker(block, vectors, options.per_text, options.seed, number)
    for some in batched(maker.pairs(options.both_orders), PAIRS_AT_ONCE):
        cosines = cosines_of(some, teacher) if teacher else None
        table.add([pair.kind for pair in some], cosines)
        for place, pair in enumerate(some):
            output.write("\t".join(pair) + (f"\t{cosines[place]:.6f}" if teacher else "") + "\n")
