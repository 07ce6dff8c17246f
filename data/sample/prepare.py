"""Write the sample data set: Chinese question pairs, label 1 = same question, 0 = not.

Run from anywhere (standard library only; the seed is fixed, so the files come
out byte-identical every time):

    python data/sample/prepare.py                        # rewrites train/dev/test.tsv here
    python data/sample/prepare.py --output_dir /tmp/new  # ... or somewhere else

Idea.  Everyday questions are described by hand in `intents/`: each *intent* is one
thing people ask, as several *patterns* (different wordings) with {slots} for
entities.  Two patterns of one intent with the same slot values ask the same
(label 1).  The hard negatives look alike but differ in a slot value, in
direction, or in the intent.

File format (UTF-8, `#` starts a comment line):

    intents/slots.txt       name: value, other value     "," separates different values
                            name (number): 5块|五块, ...  "|" separates names of one value
    intents/<domain>.txt    == theme | opposite     intents of a theme are easily confused;
                            == theme | intent       "opposite": they are each other's reverse
                            -- intent               no two intents may mean the same
                            pattern with {slot}     one wording a line, at least 5

All patterns of a theme use the same slots.  {city1} and {city2} are two different
values of slot `city` whose order matters (from city1 to city2).

Splits.  A *filling* is one choice of slot values for a theme.  Every filling belongs to
one split only, so no sentence and no filled-in pattern is in two splits, while all
intents, patterns and slot values occur in train.
"""

import argparse
import itertools
import os
import random
import re
from collections import Counter
from pathlib import Path
from typing import Dict, List, NamedTuple, Optional, Tuple

SEED = 20
HERE = Path(__file__).resolve().parent
SPLIT_SIZES = {"train": 4400, "dev": 600, "test": 600}
FILLING_SHARE = {"test": 0.12, "dev": 0.12}  # of a theme's fillings; the rest is train
# How often each kind of pair is made.  Half of the pairs are positive.
POSITIVE_KINDS = {"paraphrase": 0.86, "same_pattern": 0.14}
NEGATIVE_KINDS = {"intent": 0.72, "slot": 0.13, "swap": 0.03, "random": 0.12}
GREETINGS = ["你好，", "您好，", "请教一下，"]
ENDINGS = ["，谢谢", "，在线等", "，求解答"]
# The first patterns of an intent are the usual ways to ask it, the last ones are rare.
PATTERN_WEIGHTS = (6, 4, 2, 1, 1, 1)
DECORATED = 0.08  # share of sentences with a greeting or an ending, whatever the label

Filling = Tuple[str, ...]  # one canonical value for each slot of the theme


class Slot(NamedTuple):
    values: Dict[str, List[str]]  # canonical value -> all its names
    is_number: bool


class Theme(NamedTuple):
    domain: str
    name: str
    opposite: bool
    slots: List[str]  # as written in the patterns, e.g. ["city1", "city2"]
    intents: Dict[str, List[str]]  # intent -> patterns


class Sentence(NamedTuple):
    text: str
    theme: str
    intent: str
    pattern: str
    filling: Filling


class Pair(NamedTuple):
    a: Sentence
    b: Sentence
    label: int
    kind: str


def read_lines(path: Path) -> List[str]:
    lines = (line.strip() for line in path.read_text(encoding="utf-8").splitlines())
    return [line for line in lines if line and not line.startswith("#")]


def read_slots(path: Path) -> Dict[str, Slot]:
    slots = {}
    for line in read_lines(path):
        head, _, tail = line.partition(":")
        groups = [[name.strip() for name in value.split("|")] for value in tail.split(",")]
        names = [name for group in groups for name in group]
        if len(names) != len(set(names)):
            raise ValueError(f"{path.name}: a name occurs twice in: {line}")
        slots[head.split()[0]] = Slot({group[0]: group for group in groups}, "(number)" in head)
    return slots


def slots_of(pattern: str) -> List[str]:
    return sorted(re.findall(r"{(\w+)}", pattern))


def read_themes(directory: Path) -> List[Theme]:
    themes: List[Theme] = []
    for path in sorted(directory.glob("*.txt")):
        if path.name == "slots.txt":
            continue
        for line in read_lines(path):
            if line.startswith("=="):
                name, _, relation = line[2:].partition("|")
                themes.append(Theme(path.stem, name.strip(), relation.strip() == "opposite", [], {}))
            elif line.startswith("--"):
                patterns = themes[-1].intents.setdefault(line[2:].strip(), [])
            else:
                theme = themes[-1]
                theme.slots.extend(slots_of(line) if not theme.slots else [])
                if slots_of(line) != theme.slots:
                    raise ValueError(f"{path.name}: slots must be {theme.slots} in: {line}")
                patterns.append(line)
    return themes


def base(slot: str) -> str:
    """The name of a slot in slots.txt: {city1} and {city2} are both `city`."""
    return slot.rstrip("12")


def is_directed(theme: Theme) -> bool:
    return len({base(slot) for slot in theme.slots}) < len(theme.slots)


def split_fillings(theme: Theme, slots: Dict[str, Slot], rng: random.Random) -> Dict[str, List[Filling]]:
    """Give every filling of a theme to one split; A->B and B->A stay together."""
    values = [list(slots[base(slot)].values) for slot in theme.slots]
    groups: Dict[Tuple[str, ...], List[Filling]] = {}
    for filling in itertools.product(*values):
        if len(set(filling)) == len(filling):
            key = tuple(sorted(filling)) if is_directed(theme) else filling
            groups.setdefault(key, []).append(filling)
    keys = list(groups)
    rng.shuffle(keys)
    result: Dict[str, List[Filling]] = {}
    for split, share in FILLING_SHARE.items():
        count = max(2, round(share * len(groups)))
        result[split] = [filling for key in keys[:count] for filling in groups[key]]
        keys = keys[count:]
    result["train"] = [filling for key in keys for filling in groups[key]]
    return result


def overlap(a: str, b: str) -> float:
    """Dice overlap of the two multisets of characters."""
    common = sum((Counter(a) & Counter(b)).values())
    return 2 * common / (len(a) + len(b))


class Generator:
    """Makes the pairs of one split."""

    def __init__(self, themes: List[Theme], slots: Dict[str, Slot], fillings: Dict[str, List[Filling]], rng: random.Random):
        self.themes, self.slots, self.fillings, self.rng = themes, slots, fillings, rng
        # (pattern or slot value) -> negatives minus positives so far, kept near 0:
        # otherwise one sentence alone would give the label away.
        self.balance: Counter = Counter()

    def sentence(self, theme: Theme, intent: str, pattern: str, filling: Filling) -> Sentence:
        text = pattern
        for slot, value in zip(theme.slots, filling):
            text = text.replace("{%s}" % slot, self.rng.choice(self.slots[base(slot)].values[value]))
        if self.rng.random() < DECORATED:
            if self.rng.random() < 0.5:
                text = self.rng.choice(GREETINGS) + text
            else:
                text = text + self.rng.choice(ENDINGS)
        return Sentence(text, theme.name, intent, pattern, filling)

    def choose_pattern(self, patterns: List[str], unlike: str = "") -> str:
        weights = [
            0 if pattern == unlike else PATTERN_WEIGHTS[min(i, len(PATTERN_WEIGHTS) - 1)] for i, pattern in enumerate(patterns)
        ]
        return self.rng.choices(patterns, weights)[0]

    def other_filling(self, theme: Theme, filling: Filling) -> Filling:
        """Another filling of this split, with a single slot changed where possible."""
        others = [other for other in self.fillings[theme.name] if sorted(other) != sorted(filling)]
        near = [other for other in others if sum(x != y for x, y in zip(filling, other)) == 1]
        return self.rng.choice(near or others)

    def candidate(self, theme: Theme, intent: str, kind: str) -> Optional[Pair]:
        """One random pair of this kind, or None if the draw does not give one."""
        rng, patterns = self.rng, theme.intents[intent]
        pattern, filling = self.choose_pattern(patterns), rng.choice(self.fillings[theme.name])
        a = self.sentence(theme, intent, pattern, filling)
        label = 0
        if kind == "paraphrase":
            label = 1
            b = self.sentence(theme, intent, self.choose_pattern(patterns, pattern), filling)
        elif kind == "same_pattern":  # the easy positives: another name or greeting
            label = 1
            b = self.sentence(theme, intent, pattern, filling)
        elif kind == "slot":
            if rng.random() < 0.35:
                pattern = self.choose_pattern(patterns, pattern)
            changed = self.other_filling(theme, filling)
            slot = next(s for s, x, y in zip(theme.slots, filling, changed) if x != y)
            kind = "number" if self.slots[base(slot)].is_number else "entity"
            b = self.sentence(theme, intent, pattern, changed)
        elif kind == "swap":
            if not is_directed(theme):
                return None
            if rng.random() < 0.35:
                pattern = self.choose_pattern(patterns, pattern)
            b = self.sentence(theme, intent, pattern, filling[::-1])
        elif kind == "intent":
            if len(theme.intents) == 1:
                return None
            other = rng.choice([name for name in theme.intents if name != intent])
            choices = [self.choose_pattern(theme.intents[other]) for _ in range(2)]
            if rng.random() < 0.7:
                choices.sort(key=lambda text: -overlap(text, pattern))
            kind = "opposite" if theme.opposite else "intent"
            b = self.sentence(theme, other, choices[0], filling)
        else:
            theme_b = rng.choice([t for t in self.themes if t.name != theme.name])
            other = rng.choice(list(theme_b.intents))
            b = self.sentence(
                theme_b, other, self.choose_pattern(theme_b.intents[other]), rng.choice(self.fillings[theme_b.name])
            )
        return Pair(a, b, label, kind) if a.text != b.text else None

    def keys(self, pair: Pair) -> List[Tuple[str, ...]]:
        """What must not be more frequent in one label than in the other."""
        result = []
        for side, s in (("a", pair.a), ("b", pair.b)):
            result.append((s.theme, s.pattern))
            result.append((side, s.theme, s.intent))
            result += [(side, value) for value in s.filling]
            result.append((s.text,))
        return result

    def pairs(self, size: int) -> List[Pair]:
        intents = [(theme, intent) for theme in self.themes for intent in theme.intents]
        directed = [(theme, intent) for theme, intent in intents if is_directed(theme)]
        result: List[Pair] = []
        seen = set()
        plan = []
        for kinds in (POSITIVE_KINDS, NEGATIVE_KINDS):
            for kind, share in kinds.items():
                targets = directed if kind == "swap" else intents
                count = round(size / 2 * share)
                start = self.rng.randrange(len(targets))
                plan += [targets[(start + i) % len(targets)] + (kind,) for i in range(count)]
        self.rng.shuffle(plan)
        for theme, intent, kind in plan:
            options: List[Pair] = []
            for _ in range(200):
                pair = self.candidate(theme, intent, kind)
                if pair is None or frozenset((pair.a.text, pair.b.text)) in seen:
                    continue
                options.append(pair)
                if len(options) == 12:
                    break
            if not options:
                continue
            pair = min(options, key=self.cost)
            for key in self.keys(pair):
                self.balance[key] += 1 - 2 * pair.label
            seen.add(frozenset((pair.a.text, pair.b.text)))
            result.append(pair)
        return result

    def cost(self, pair: Pair) -> int:
        sign = 1 - 2 * pair.label
        return sum((self.balance[key] + sign) ** 2 - self.balance[key] ** 2 for key in self.keys(pair))


def generate() -> Dict[str, List[Pair]]:
    """All pairs of the three splits."""
    slots = read_slots(HERE / "intents" / "slots.txt")
    themes = read_themes(HERE / "intents")
    rng = random.Random(SEED)
    fillings = {theme.name: split_fillings(theme, slots, rng) for theme in themes}
    result = {}
    for split, size in SPLIT_SIZES.items():
        own = {name: by_split[split] for name, by_split in fillings.items()}
        result[split] = Generator(themes, slots, own, rng).pairs(size)
    return result


def write_split(path: Path, pairs: List[Pair]) -> None:
    """Write to a temporary name first, so that a reader never sees half a file."""
    lines = ["text_a\ttext_b\tlabel"]
    lines += [f"{pair.a.text}\t{pair.b.text}\t{pair.label}" for pair in pairs]
    temporary = path.with_name(path.name + ".tmp")
    with open(temporary, "w", encoding="utf-8", newline="\n") as file:
        file.write("\n".join(lines) + "\n")
        file.flush()
        os.fsync(file.fileno())
    os.replace(temporary, path)


def main() -> None:
    parser = argparse.ArgumentParser(description="Write the sample question pairs.")
    parser.add_argument("--output_dir", type=Path, default=HERE)
    arguments = parser.parse_args()
    arguments.output_dir.mkdir(parents=True, exist_ok=True)
    for split, pairs in generate().items():
        write_split(arguments.output_dir / f"{split}.tsv", pairs)
        kinds = Counter(pair.kind for pair in pairs)
        print(split, len(pairs), dict(sorted(kinds.items())))


if __name__ == "__main__":
    main()
