"""`python -m app pairs`: a file of texts -> pairs worth learning from, for a teacher to label."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, fields
from pathlib import Path
from typing import List, Optional, TextIO

from app.atomic import atomic_file
from app.distill.calibration import cosines_of
from app.distill.options import TeacherOptions
from app.distill.pair_maker import PairMaker, PairsPerText
from app.distill.score_table import ScoreTable
from app.distill.teacher import Teacher
from app.distill.texts import batched, blocks, read_lines
from app.flags import check, parse
from app.progress import ProgressCounter, say

PAIRS_AT_ONCE = 4096


@dataclass
class PairsOptions(TeacherOptions):
    """Make pairs from a file of texts: neighbours by a teacher, by characters and words, near misses, rewordings, random pairs.
    `python -m app label` then gives them probabilities."""

    input_file: str = ""
    """File of texts (.txt or .gz): one a line, or several on one topic with tabs between them."""
    result_file: str = ""
    """TSV with the columns text_a, text_b, kind and, with a teacher, cosine. Empty: beside the input, NAME.pairs.tsv."""
    group_pairs: float = PairsPerText.group
    """Pairs with another text of the same line, for each text on average."""
    teacher_pairs: float = PairsPerText.teacher
    """Pairs with a neighbour by the teacher, for each text on average (needs --teacher)."""
    bm25_pairs: float = PairsPerText.bm25
    """Pairs with a neighbour by BM25 over characters and words, for each text on average."""
    near_miss_pairs: float = PairsPerText.near_miss
    """Pairs with the same text but for one word, number, name or negation, for each text on average."""
    rewording_pairs: float = PairsPerText.rewording
    """Pairs with the same text in other words, by rules, for each text on average."""
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
        check("block_texts", self.block_texts, self.block_texts >= 2, "2 or more")
        check("max_characters", self.max_characters, self.max_characters >= 1, "1 or more")
        check("seed", self.seed, self.seed >= 0, "0 or more")

    @property
    def result(self) -> Path:
        """The file to write."""
        path = Path(self.input_file)
        return Path(self.result_file or path.with_name(f"{path.name.partition('.')[0]}.pairs.tsv"))

    @property
    def per_text(self) -> PairsPerText:
        """How many pairs of each kind a text gets on average."""
        return PairsPerText(**{each.name: getattr(self, f"{each.name}_pairs") for each in fields(PairsPerText)})


def main(arguments: List[str]) -> None:
    """Runs the command."""
    options = parse(PairsOptions, "python -m app pairs", arguments)
    left_out: Counter = Counter()
    with ProgressCounter("making pairs", "texts") as counter, atomic_file(options.result) as temporary:
        with open(temporary, "w", encoding="utf-8") as output:
            if options.teacher:
                with options.open_teacher(options.result) as teacher:
                    table = _write(options, output, teacher, counter, left_out)
            else:
                table = _write(options, output, None, counter, left_out)
    for line in table.lines():
        say(line)
    say(f"{options.result}: {table.pairs:,} pairs of {counter.count:,} texts")
    if left_out:
        say("left out: " + ", ".join(f"{count:,} texts {reason}" for reason, count in left_out.items()))


def _write(
    options: PairsOptions, output: TextIO, teacher: Optional[Teacher], counter: ProgressCounter, left_out: Counter
) -> ScoreTable:
    """Writes all pairs. Returns their counts and scores."""
    table = ScoreTable()
    output.write("text_a\ttext_b\tkind" + "\tcosine" * bool(teacher) + "\n")
    lines = read_lines(Path(options.input_file), options.max_characters, left_out)
    for number, block in enumerate(blocks(lines, options.block_texts, left_out)):
        vectors = teacher.vectors(block.texts) if teacher else None
        maker = PairMaker(block, vectors, options.per_text, options.seed, number)
        for some in batched(maker.pairs(options.both_orders), PAIRS_AT_ONCE):
            cosines = cosines_of(some, teacher) if teacher else None
            table.add([pair.kind for pair in some], cosines)
            for place, pair in enumerate(some):
                output.write("\t".join(pair) + (f"\t{cosines[place]:.6f}" if teacher else "") + "\n")
        counter(len(block.texts))
    return table
