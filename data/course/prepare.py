"""Generates the small data sets of the course: intents, named entities, answers in passages, aspects of reviews.

Works in any folder, with the standard library only. The seed is fixed, so the files are always identical:

    python data/course/prepare.py                        # writes the four .tsv files here
    python data/course/prepare.py --output_dir FOLDER    # writes them into another folder

Method. `patterns/` holds sentences with {slots} that were written by hand, and the values of the slots. Train and test
rows never have a value in common: slots.txt says which values are for the test part only. Patterns and clauses that start
with "*" are for the test part only too.

File format (UTF-8; lines that start with `#` are comments):

    patterns/slots.txt       name: value, value | value of the test part, value of the test part
    patterns/intents.txt     -- intent, then one pattern per line
    patterns/entities.txt    one pattern per line; the name of a slot says what it is: see ENTITY_SLOTS
    patterns/answers.txt     -- kind of passage, then its patterns, then "slot ? question / question / question of the test part"
    patterns/aspects.txt     -- aspect polarity, then one clause per line

{NAME1} and {NAME2} are two different values of the slot NAME.
"""

import argparse
import itertools
import random
import re
import sys
from collections import Counter
from pathlib import Path
from typing import Dict, Iterable, Iterator, List, Sequence, Tuple

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from fetch import write_atomically  # noqa: E402

SEED = 6
HERE = Path(__file__).resolve().parent
SPLITS = ("train", "test")
HEADERS = {
    "intents": ("split", "text", "intent"),
    "entities": ("split", "text", "entities"),
    "answers": ("split", "question", "passage", "answer", "start"),
    "aspects": ("split", "text", "aspect", "polarity"),
}
ROWS = {  # rows of the two splits
    "intents": (480, 120),  # the same number of each intent
    "entities": (480, 120),
    "answers": (480, 120),
    "aspects": (432, 144),
}
SLOT = re.compile(r"{(\w+)}")
ENTITY_SLOTS = {  # slot of an entity pattern -> (slots of slots.txt, type of the entity)
    "PER": (("NAME", "NAME", "NICK"), "PER"), "NAME": (("NAME",), "PER"),
    "LOC": (("CITY", "SPOT"), "LOC"), "CITY": (("CITY",), "LOC"), "SPOT": (("SPOT",), "LOC"),
    "NEXT": (("NEXT", "DATE"), "TIME"), "PAST": (("PAST", "YEAR", "DATE"), "TIME"),
    "YEAR": (("YEAR",), "TIME"), "DATE": (("DATE",), "TIME"),
}  # fmt: skip
ASPECTS = ("价格", "味道", "服务", "环境")
POLARITIES = ("正面", "负面", "没提到")
LINKS = {  # polarity of a clause, polarity of the next one -> what stands between them
    ("正面", "正面"): ("，", "，而且", "，", "，另外"),
    ("负面", "负面"): ("，", "，而且", "，再加上", "，"),
    ("正面", "负面"): ("，不过", "，可惜", "，但是", "，就是"),
    ("负面", "正面"): ("，不过", "，还好", "，但是", "，好在"),
}

Row = Tuple[str, ...]
Slots = Dict[str, Dict[str, List[str]]]  # name -> split -> values


def read_lines(name: str) -> List[str]:
    """The lines of a file of patterns/ without comments and empty lines."""
    lines = (line.strip() for line in (HERE / "patterns" / name).read_text(encoding="utf-8").splitlines())
    return [line for line in lines if line and not line.startswith("#")]


def read_slots() -> Slots:
    """The slots of slots.txt. The two splits share the values of a slot without "|"."""
    slots: Slots = {}
    for line in read_lines("slots.txt"):
        name, _, values = line.partition(":")
        parts = [[value.strip() for value in part.split(",")] for part in values.split("|")]
        slots[name] = {"train": parts[0], "test": parts[-1]}
    return slots


def read_groups(name: str) -> Dict[str, List[str]]:
    """The lines below each `-- heading`."""
    groups: Dict[str, List[str]] = {}
    for line in read_lines(name):
        if line.startswith("--"):
            group = groups.setdefault(line[2:].strip(), [])
        else:
            group.append(line)
    return groups


def of_split(lines: Sequence[str], split: str) -> List[str]:
    """The patterns of a split: those of the test part start with "*"."""
    return [line.lstrip("* ") for line in lines if line.startswith("*") == (split == "test")]


def with_known(lines: Sequence[str], split: str, rng: random.Random) -> Iterator[str]:
    """Patterns of a split, one after another. In the test part every second one is a pattern of the train part, with slots."""
    known = cycle([line for line in of_split(lines, "train") if split == "train" or SLOT.search(line)], rng)
    new = cycle(of_split(lines, "test"), rng)
    while True:
        yield next(known)
        yield next(new if split == "test" else known)


def base(slot: str, slots: Slots) -> str:
    """The name of a slot in slots.txt: NAME for {NAME1} and {NAME2}."""
    return slot if slot in slots else slot.rstrip("12")


def fill(pattern: str, values: Dict[str, str]) -> Tuple[str, Dict[str, int]]:
    """The text of a pattern, and where the value of each slot starts."""
    text, starts, end = "", {}, 0
    for match in SLOT.finditer(pattern):
        text += pattern[end : match.start()]
        starts[match[1]] = len(text)
        text += values[match[1]]
        end = match.end()
    return text + pattern[end:], starts


def draw(slot: str, split: str, slots: Slots, taken: Iterable[str], rng: random.Random) -> str:
    """A value of a slot that is not `taken`. The slots in it are filled too."""
    value = rng.choice(slots[slot][split])
    while SLOT.search(value):
        value = SLOT.sub(lambda match: rng.choice(slots[match[1]][split]), value, count=1)
    return value if value not in taken else draw(slot, split, slots, taken, rng)


def cycle(items: Sequence, rng: random.Random) -> Iterator:
    """The items in a random order, again and again, so that all occur equally often."""
    while True:
        yield from rng.sample(list(items), len(items))


def intents(split: str, count: int, slots: Slots, rng: random.Random) -> List[Row]:
    """Requests to a voice assistant, each with what the speaker wants."""
    groups = read_groups("intents.txt")
    rows: Dict[str, Row] = {}
    for intent, lines in groups.items():
        patterns = cycle(of_split(lines, split), rng)
        for pattern in itertools.islice(patterns, 100 * count):
            text, _ = fill(pattern, {slot: draw(slot, split, slots, (), rng) for slot in SLOT.findall(pattern)})
            rows.setdefault(text, (split, text, intent))
            if len(rows) % (count // len(groups)) == 0:
                break
    return list(rows.values())


def entities(split: str, count: int, slots: Slots, rng: random.Random) -> List[Row]:
    """Sentences with the places of their entities: TYPE:start:end, separated by spaces; the end is the first character behind."""
    patterns = with_known(read_lines("entities.txt"), split, rng)
    rows: Dict[str, Row] = {}
    while len(rows) < count:
        pattern = next(patterns)
        numbered = SLOT.sub(lambda match: f"{{{match[1]}_{match.start()}}}", pattern)  # {PER} twice: two people
        values: Dict[str, str] = {}
        for slot in SLOT.findall(numbered):
            source, _ = ENTITY_SLOTS[slot.split("_")[0]]
            values[slot] = draw(rng.choice(source), split, slots, values.values(), rng)
        text, starts = fill(numbered, values)
        spans = [f"{ENTITY_SLOTS[slot.split('_')[0]][1]}:{at}:{at + len(values[slot])}" for slot, at in starts.items()]
        rows.setdefault(text, (split, text, " ".join(spans)))
    return list(rows.values())


def answers(split: str, count: int, slots: Slots, rng: random.Random) -> List[Row]:
    """Questions on short passages; the answer is a part of the passage, and occurs in it once."""
    kinds = []
    for lines in read_groups("answers.txt").values():
        passages = [line for line in lines if " ? " not in line]
        asked = dict(line.split(" ? ") for line in lines if " ? " in line)
        kinds.append((passages, {slot: wordings.split(" / ") for slot, wordings in asked.items()}))
    turns = [(with_known(passages, split, rng), cycle(sorted(asked), rng), asked) for passages, asked in kinds]
    rows: Dict[Row, Row] = {}
    while len(rows) < count:
        for passages, names, asked in turns:
            pattern, slot = next(passages), next(names)
            question = rng.choice(asked[slot] if split == "test" else asked[slot][:2])
            used = {*SLOT.findall(pattern), *SLOT.findall(question)}
            if slot not in SLOT.findall(pattern) or used - set(SLOT.findall(pattern)):
                continue
            values: Dict[str, str] = {}
            for name in sorted(used):
                values[name] = draw(base(name, slots), split, slots, values.values(), rng)
            passage, starts = fill(pattern, values)
            asks, _ = fill(question, values)
            if passage.count(values[slot]) == 1 and values[slot] not in asks:
                rows.setdefault((asks, passage), (split, asks, passage, values[slot], str(starts[slot])))
    return list(rows.values())[:count]


def aspects(split: str, count: int, slots: Slots, rng: random.Random) -> List[Row]:
    """Restaurant reviews, each asked about two aspects; every aspect has each polarity equally often."""
    clauses = {tuple(name.split()): lines for name, lines in read_groups("aspects.txt").items()}
    own = {name: cycle(of_split(lines, split), rng) for name, lines in clauses.items() if len(name) == 2}
    labels = list(itertools.product(ASPECTS, POLARITIES))
    # Two rows of one review have different aspects and polarities. Each label is in 6 of the 36 possible pairs.
    pairs = [(a, b) for a, b in itertools.combinations(labels, 2) if a[0] != b[0] and a[1] != b[1]]
    rows: List[Row] = []
    seen = set()
    for first, second in itertools.islice(cycle(pairs, rng), count // 2):
        text = ""
        while not text or text in seen:
            text = review(dict([first, second]), clauses, own, rng)
        seen.add(text)
        rows += [(split, text, *first), (split, text, *second)]
    return rows


def review(labels: Dict[str, str], clauses: Dict[Row, List[str]], own: Dict[Row, Iterator[str]], rng: random.Random) -> str:
    """A review with these polarities of two aspects, and sometimes a clause about another aspect."""
    content = {aspect: polarity for aspect, polarity in labels.items() if polarity != "没提到"}
    if rng.random() < 0.1:
        content[rng.choice([aspect for aspect in ASPECTS if aspect not in labels])] = rng.choice(POLARITIES[:2])
    text, before = "", ""
    for aspect, polarity in rng.sample(sorted(content.items()), len(content)):
        text += (rng.choice(LINKS[before, polarity]) if before else "") + next(own[aspect, polarity])
        before = polarity
    text = (rng.choice(clauses[("开头",)]) if rng.random() < 0.15 else "") + text + "。"
    return text + (rng.choice(clauses[("结尾",)]) if rng.random() < 0.05 else "")


def generate() -> Dict[str, List[Row]]:
    """The rows of the four data sets, train before test."""
    slots = read_slots()
    makers = {"intents": intents, "entities": entities, "answers": answers, "aspects": aspects}
    result = {}
    for name, make in makers.items():
        rng = random.Random(f"{SEED} {name}")  # a change of one data set leaves the others as they are
        result[name] = []
        for split, count in zip(SPLITS, ROWS[name]):
            rows = make(split, count, slots, rng)
            if name != "aspects":  # there, the two rows of a review stay together
                rng.shuffle(rows)
            result[name] += rows
    return result


def table(name: str, rows: List[Row]) -> bytes:
    """The content of a TSV file with a header."""
    return "".join("\t".join(row) + "\n" for row in [HEADERS[name], *rows]).encode("utf-8")


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description="Generate the data sets of the course.")
    parser.add_argument("--output_dir", type=Path, default=HERE, help="folder for the .tsv files")
    output_dir = parser.parse_args().output_dir
    output_dir.mkdir(parents=True, exist_ok=True)
    for name, rows in generate().items():
        write_atomically(output_dir / f"{name}.tsv", table(name, rows))
        print(name, dict(Counter(row[0] for row in rows)))


if __name__ == "__main__":
    main()
