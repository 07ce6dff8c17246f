"""Everyday Chinese questions, one topic a line: families written by hand, with their slots filled.

Works in any folder, with the standard library only. The seed is fixed, so the file is always identical:

    python data/questions/prepare.py --result_file questions.tsv        # for `python -m app pairs --input_file questions.tsv`

File format of families/<domain>.txt (UTF-8; lines that start with `#` are comments):

    {slot} = value, other value           "," separates different values
    question | question | question        a family: 3 to 8 questions on one topic, with {slots}

The first questions of a family ask the same in different words; the others ask something else with similar words. Nothing says
where the one ends and the other begins: the questions have no labels.

A family with slots is written several times, each time with other values, the same ones in all its questions.
"""

import argparse
import random
import re
import sys
from pathlib import Path
from typing import Dict, Iterator, List, Tuple

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from fetch import write_atomically  # noqa: E402

SEED = 29
HERE = Path(__file__).resolve().parent
SLOT = re.compile(r"\{(\w+)\}")

Slots = Dict[str, List[str]]


def read_families(path: Path) -> Tuple[Slots, List[List[str]]]:
    """The slots and the families of a domain. Raises ValueError for a line in another format."""
    slots: Slots = {}
    families: List[List[str]] = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        definition = re.fullmatch(r"\{(\w+)\} = (.+)", line.strip())
        if definition:
            slots[definition[1]] = [value.strip() for value in definition[2].split(",")]
        elif line.strip() and not line.startswith("#"):
            family = [question.strip() for question in line.split("|")]
            unknown = [slot for slot in SLOT.findall(line) if slot not in slots]
            if unknown or len(family) < 3 or not all(family) or "\t" in line:
                raise ValueError(f"{path.name}: line {number}: not a family of defined slots: {line}")
            families.append(family)
    return slots, families


def fill(family: List[str], slots: Slots, times: int) -> Iterator[List[str]]:
    """The family with its slots filled, `times` times; once if it has no slot. No value is used twice while others are left."""
    rng = random.Random(f"{SEED} {family}")  # so that a family does not depend on the others
    names = sorted({slot for question in family for slot in SLOT.findall(question)})
    values = {name: rng.sample(slots[name], len(slots[name])) for name in names}
    for time in range(times if names else 1):
        yield [SLOT.sub(lambda slot: values[slot[1]][time % len(values[slot[1]])], question) for question in family]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--result_file", type=Path, required=True, help="file to write: questions of one topic a line, with tabs")
    parser.add_argument("--fillings", type=int, default=4, help="how often a family with slots is written (default: 4)")
    options = parser.parse_args()
    lines = []
    for path in sorted((HERE / "families").glob("*.txt")):
        slots, families = read_families(path)
        lines += ["\t".join(questions) for family in families for questions in fill(family, slots, options.fillings)]
    random.Random(SEED).shuffle(lines)
    write_atomically(options.result_file, ("\n".join(lines) + "\n").encode("utf-8"))
    print(f"{options.result_file}: {len(lines):,} lines, {sum(line.count(chr(9)) + 1 for line in lines):,} questions")


if __name__ == "__main__":
    main()
