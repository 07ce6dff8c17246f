"""Everyday Chinese questions that this project's authors wrote: texts to learn from, and labelled pairs.

Works in any folder, with the standard library only. The seed is fixed, so the files are always identical:

    python data/questions/prepare.py --output_dir output/questions

    questions.tsv    the questions of one topic a line, with tabs between them, for `python -m app pairs`
    train.tsv        pairs of these questions: text_a, text_b, label (1: they ask the same)
    dev.tsv          pairs of other families, one family in 20

File format of families/<domain>.txt (UTF-8; lines that start with `#` are comments):

    {slot} = value, other value                    "," separates different values; {slot2} is another value than {slot}
    question | question || question | question     a family: questions on one topic, with {slots}

All questions before `||` ask the same. The others look similar, but each of them asks something else than those before `||`.
A family with slots is written several times, each time with other values, the same ones in all its questions.
"""

import argparse
import random
import re
import sys
from pathlib import Path
from typing import Dict, Iterator, List, NamedTuple, Tuple

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from fetch import write_atomically  # noqa: E402

SEED = 29
HERE = Path(__file__).resolve().parent
SLOT = re.compile(r"\{(\w+)\}")
DEV_FAMILIES = 20  # one family in this number is held out for dev.tsv
HEADER = ["text_a\ttext_b\tlabel"]

Slots = Dict[str, List[str]]


class Family(NamedTuple):
    """Questions on one topic."""

    same: List[str]  # they ask the same
    other: List[str]  # each asks something else than `same`


def read_families(path: Path) -> Tuple[Slots, List[Family]]:
    """The slots and the families of a domain. Raises ValueError for a line in another format."""
    slots: Slots = {}
    families: List[Family] = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        definition = re.fullmatch(r"\{(\w+)\} = (.+)", line)
        if definition:
            slots[definition[1]] = definition[2].split(", ")
        elif line and not line.startswith("#"):
            same, _, other = line.partition(" || ")
            family = Family(same.split(" | "), other.split(" | ") if other else [])
            questions = family.same + family.other
            unknown = [slot for slot in SLOT.findall(line) if slot not in slots and base(slot) not in slots]
            if unknown or len(set(questions)) < max(3, len(questions)) or any(re.search("[|\t]", each) for each in questions):
                raise ValueError(f"{path.name}: line {number}: not a family of defined slots: {line}")
            families.append(family)
    return slots, families


def base(slot: str) -> str:
    """The slot whose values are used: `city` for {city2}."""
    return slot[:-1] if slot.endswith("2") else slot


def fill(family: Family, slots: Slots, times: int) -> Iterator[Family]:
    """The family with its slots filled, `times` times; once if it has no slot. No value is used twice while others are left."""
    rng = random.Random(f"{SEED} {family.same + family.other}")  # so that a family does not depend on the others
    used = sorted({slot if slot in slots else base(slot) for slot in SLOT.findall(" ".join(family.same + family.other))})
    values = {slot: rng.sample(slots[slot], len(slots[slot])) for slot in used}

    def value(slot: str, time: int) -> str:
        own = values.get(slot)
        others = own or values[base(slot)]
        return others[(time if own else time + 1) % len(others)]

    for time in range(times if used else 1):
        filled = ([SLOT.sub(lambda slot: value(slot[1], time), each) for each in questions] for questions in family)  # noqa: B023
        yield Family(*filled)


def labelled_pairs(family: Family, rng: random.Random) -> Iterator[Tuple[str, str, str]]:
    """(text_a, text_b, label): as many matches as others, in random order of the two texts."""
    matches = [(a, b) for place, a in enumerate(family.same) for b in family.same[:place]]
    others = [(a, b) for a in family.same for b in family.other]
    for pairs, label in ((matches, "1"), (others, "0")):
        for pair in rng.sample(pairs, min(len(matches), len(others))):
            yield (*rng.sample(pair, 2), label)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--output_dir", type=Path, required=True, help="folder to write the three files into")
    parser.add_argument("--fillings", type=int, default=4, help="how often a family with slots is written (default: 4)")
    options = parser.parse_args()
    rng = random.Random(SEED)
    questions, train, dev = [], [], []
    for path in sorted((HERE / "families").glob("*.txt")):
        slots, families = read_families(path)
        for number, family in enumerate(families):
            held_out = number % DEV_FAMILIES == 0
            for filled in fill(family, slots, 1 if held_out else options.fillings):
                (dev if held_out else train).extend("\t".join(pair) for pair in labelled_pairs(filled, rng))
                if not held_out:
                    questions.append("\t".join(filled.same + filled.other))
    options.output_dir.mkdir(parents=True, exist_ok=True)
    for name, header, lines in (("questions.tsv", [], questions), ("train.tsv", HEADER, train), ("dev.tsv", HEADER, dev)):
        rng.shuffle(lines)
        write_atomically(options.output_dir / name, ("\n".join(header + lines) + "\n").encode("utf-8"))
        print(f"{options.output_dir / name}: {len(lines):,} lines")



if __name__ == "__main__":
    main()
