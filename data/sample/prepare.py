"""Generates the sample data set: Chinese question pairs, label 1 = same question, 0 = different questions.

Works in any folder, with the standard library only. The seed is fixed, so the files are always identical:

    python data/sample/prepare.py                        # writes train.tsv, dev.tsv and test.tsv here
    python data/sample/prepare.py --output_dir FOLDER    # writes them into another folder

Method. `intents/` describes everyday questions by hand. An *intent* is one thing that people ask, written as
several *patterns* (wordings) with {slots} for entities. Two patterns of one intent with the same slot values
ask the same (label 1). Most negative pairs look similar, but differ in the intent, a slot value or the direction.

File format (UTF-8; lines that start with `#` are comments):

    intents/slots.txt       name: value, other value     "," separates different values
                            name (number): 5块|五块, ...  "|" separates names of one value
    intents/<domain>.txt    == theme | opposite     a group of intents that are easily confused;
                            == theme | intent       "opposite": one intent reverses the other
                            -- intent               no two intents have the same meaning
                            pattern with {slot}     one wording per line, the most common ones first

All patterns of a theme use the same slots. {city1} and {city2} are two different values of the slot `city`
whose order matters (from city1 to city2).

Splits. A *filling* is one choice of slot values for a theme. Every filling belongs to one split only. So no
sentence and no filled pattern is in two splits, while all splits share intents, patterns and slot values.
"""

import argparse
import itertools
import random
import re
import sys
from collections import Counter
from pathlib import Path
from typing import Dict, List, NamedTuple, Optional, Tuple

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from fetch import write_atomically  # noqa: E402

SEED = 20
HERE = Path(__file__).resolve().parent
SPLIT_SIZES = {"train": 4400, "dev": 600, "test": 600}
HELD_OUT = {"dev": 0.12, "test": 0.12}  # share of a theme's fillings; the rest is train
# label -> kind of pair -> share among the pairs with this label; half of the pairs have label 1
KINDS = {
    1: {"paraphrase": 0.86, "same_pattern": 0.14},
    0: {"intent": 0.75, "slot": 0.10, "swap": 0.03, "random": 0.12},
}
# Relative frequency of the 1st, 2nd, ... pattern of an intent. The last one is for all further patterns.
PATTERN_WEIGHTS = (6, 4, 3, 3, 1)
GREETINGS = ("你好，", "您好，", "请教一下，")
ENDINGS = ("，谢谢", "，在线等", "，求解答")
DECORATED = 0.08  # share of sentences with a greeting or an ending, for both labels

Filling = Tuple[str, ...]  # the first name of one value for each slot of the theme


class Slot(NamedTuple):
    """The values of a slot."""

    values: Dict[str, List[str]]  # first name of a value -> all its names
    is_number: bool


class Theme(NamedTuple):
    """Intents that are easily confused."""

    domain: str
    name: str
    relation: str  # "opposite" or "intent"
    slots: List[str]  # sorted, as written in the patterns, e.g. ["city1", "city2"]
    intents: Dict[str, List[str]]  # intent -> patterns


class Sentence(NamedTuple):
    """A text, and how it was generated."""

    text: str
    theme: str
    intent: str
    pattern: str
    filling: Filling


class Pair(NamedTuple):
    """Two sentences with their label."""

    a: Sentence
    b: Sentence
    label: int
    kind: str  # "paraphrase", "same_pattern", "number", "entity", "swap", "opposite", "intent" or "random"


def read_lines(path: Path) -> List[str]:
    """The lines of a file without comments and empty lines."""
    lines = (line.strip() for line in path.read_text(encoding="utf-8").splitlines())
    return [line for line in lines if line and not line.startswith("#")]


def read_slots(path: Path) -> Dict[str, Slot]:
    """The slots of slots.txt by name. Raises ValueError if a name occurs twice."""
    slots = {}
    for line in read_lines(path):
        head, _, tail = line.partition(":")
        groups = [[name.strip() for name in value.split("|")] for value in tail.split(",")]
        names = list(itertools.chain(*groups))
        if len(names) != len(set(names)):
            raise ValueError(f"{path.name}: a name occurs twice in: {line}")
        slots[head.split()[0]] = Slot({group[0]: group for group in groups}, "(number)" in head)
    return slots


def read_themes(directory: Path) -> List[Theme]:
    """The themes of all domains. Raises ValueError if the patterns of a theme use different slots."""
    themes: List[Theme] = []
    for path in sorted(directory.glob("*.txt")):
        for line in read_lines(path) if path.name != "slots.txt" else []:
            if line.startswith("=="):
                name, relation = (text.strip() for text in line[2:].split("|"))
                themes.append(Theme(path.stem, name, relation, [], {}))
            elif line.startswith("--"):
                patterns = themes[-1].intents.setdefault(line[2:].strip(), [])
            else:
                used = sorted(re.findall(r"{(\w+)}", line))
                slots = themes[-1].slots
                slots.extend(used if not slots else [])
                if used != slots or not used:
                    raise ValueError(f"{path.name}: slots must be {slots} in: {line}")
                patterns.append(line)
    return themes


def base(slot: str) -> str:
    """The name of a slot in slots.txt: `city` for {city1} and {city2}."""
    return slot.rstrip("12")


def is_directed(theme: Theme) -> bool:
    """Whether the order of two slots matters, like {city1} and {city2}."""
    return len({base(slot) for slot in theme.slots}) < len(theme.slots)


def split_fillings(theme: Theme, slots: Dict[str, Slot], rng: random.Random) -> Dict[str, List[Filling]]:
    """Assigns every filling of a theme to one split. Fillings A -> B and B -> A are in the same split."""
    groups: Dict[Filling, List[Filling]] = {}
    for filling in itertools.product(*(slots[base(slot)].values for slot in theme.slots)):
        if len(set(filling)) == len(filling):
            key = tuple(sorted(filling)) if is_directed(theme) else filling
            groups.setdefault(key, []).append(filling)
    keys = list(groups)
    rng.shuffle(keys)
    counts = {split: max(2, round(share * len(keys))) for split, share in HELD_OUT.items()}
    counts["train"] = len(keys) - sum(counts.values())
    remaining = iter(keys)
    return {
        split: [filling for key in itertools.islice(remaining, count) for filling in groups[key]]
        for split, count in counts.items()
    }


def overlap(a: str, b: str) -> float:
    """Dice coefficient of the two multisets of characters, 0 to 1."""
    return 2 * sum((Counter(a) & Counter(b)).values()) / (len(a) + len(b))


class Generator:
    """Generates the pairs of one split."""

    def __init__(self, themes: List[Theme], slots: Dict[str, Slot], fillings: Dict[str, List[Filling]], rng: random.Random):
        self.themes, self.slots, self.fillings, self.rng = themes, slots, fillings, rng
        # For each pattern, intent, slot value and text: negative pairs minus positive pairs. It is kept near 0,
        # so that the label cannot be predicted from one sentence of a pair alone.
        self.balance: Counter = Counter()

    def sentence(self, theme: Theme, intent: str, pattern: str, filling: Filling) -> Sentence:
        """The pattern with its slots filled, sometimes with a greeting or an ending."""
        text = pattern
        for slot, value in zip(theme.slots, filling):
            text = text.replace("{%s}" % slot, self.rng.choice(self.slots[base(slot)].values[value]))
        if self.rng.random() < DECORATED:
            text = self.rng.choice([word + text for word in GREETINGS] + [text + word for word in ENDINGS])
        return Sentence(text, theme.name, intent, pattern, filling)

    def choose_pattern(self, patterns: List[str], unlike: str = "") -> str:
        """A random pattern, but not `unlike`."""
        weights = [
            0 if pattern == unlike else PATTERN_WEIGHTS[min(i, len(PATTERN_WEIGHTS) - 1)] for i, pattern in enumerate(patterns)
        ]
        return self.rng.choices(patterns, weights)[0]

    def other_filling(self, theme: Theme, filling: Filling) -> Filling:
        """Another filling of this split. It differs in a single slot if there is such a filling."""
        others = [other for other in self.fillings[theme.name] if set(other) != set(filling)]
        near = [other for other in others if sum(x != y for x, y in zip(filling, other)) == 1]
        return self.rng.choice(near or others)

    def candidate(self, theme: Theme, intent: str, kind: str) -> Optional[Pair]:
        """A random pair of this kind. None if its two texts are the same."""
        rng = self.rng
        pattern = self.choose_pattern(theme.intents[intent])
        filling = rng.choice(self.fillings[theme.name])
        a = self.sentence(theme, intent, pattern, filling)
        theme_b, intent_b, pattern_b, filling_b = theme, intent, pattern, filling
        if kind == "paraphrase" or (kind in ("slot", "swap") and rng.random() < 0.35):
            pattern_b = self.choose_pattern(theme.intents[intent], unlike=pattern)
        if kind == "slot":
            filling_b = self.other_filling(theme, filling)
            changed = [s for s, x, y in zip(theme.slots, filling, filling_b) if x != y]
            kind = "number" if self.slots[base(changed[0])].is_number else "entity"
        elif kind == "swap":
            filling_b = filling[::-1]
        elif kind == "intent":
            kind = theme.relation
            intent_b = rng.choice([name for name in theme.intents if name != intent])
            choices = [self.choose_pattern(theme.intents[intent_b]) for _ in range(2)]
            # Usually the one that is more similar to `pattern`.
            pattern_b = max(choices, key=lambda text: overlap(text, pattern) * (rng.random() < 0.7))
        elif kind == "random":  # another domain and another relation: easy negatives
            theme_b = rng.choice([t for t in self.themes if t.domain != theme.domain and t.relation != theme.relation])
            intent_b = rng.choice(list(theme_b.intents))
            pattern_b = self.choose_pattern(theme_b.intents[intent_b])
            filling_b = rng.choice(self.fillings[theme_b.name])
        b = self.sentence(theme_b, intent_b, pattern_b, filling_b)
        label = int(kind in KINDS[1])
        return Pair(a, b, label, kind) if a.text != b.text else None

    def balance_keys(self, pair: Pair) -> List[Tuple[str, ...]]:
        """The patterns, intents, texts and slot values of a pair, as keys of `balance`."""
        keys: List[Tuple[str, ...]] = []
        for side, s in (("a", pair.a), ("b", pair.b)):
            keys += [(s.theme, s.pattern), (side, s.theme, s.intent), (s.text,)]
            keys += [(side, value) for value in s.filling]
        return keys

    def imbalance(self, pair: Pair) -> int:
        """About how much the sum of the squares of `balance` would grow with this pair."""
        sign = 1 - 2 * pair.label
        return sum(2 * sign * self.balance[key] + 1 for key in self.balance_keys(pair))

    def plan(self, size: int) -> List[Tuple[Theme, str, str]]:
        """(theme, intent, kind) of every pair. All intents occur equally often."""
        targets = [(theme, intent) for theme in self.themes for intent in theme.intents]
        directed = [target for target in targets if is_directed(target[0])]
        plan = []
        for kind, share in [item for kinds in KINDS.values() for item in kinds.items()]:
            possible = directed if kind == "swap" else targets
            shuffled = itertools.cycle(self.rng.sample(possible, len(possible)))
            plan += [next(shuffled) + (kind,) for _ in range(round(size / 2 * share))]
        self.rng.shuffle(plan)
        return plan

    def pairs(self, size: int) -> List[Pair]:
        """`size` different pairs. Each is the best of 12 candidates for the balance."""
        result: Dict[frozenset, Pair] = {}  # the two texts -> pair
        for theme, intent, kind in self.plan(size):
            options: List[Pair] = []
            while len(options) < 12:
                pair = self.candidate(theme, intent, kind)
                if pair and frozenset((pair.a.text, pair.b.text)) not in result:
                    options.append(pair)
            pair = min(options, key=self.imbalance)
            for key in self.balance_keys(pair):
                self.balance[key] += 1 - 2 * pair.label
            result[frozenset((pair.a.text, pair.b.text))] = pair
        return list(result.values())


def generate() -> Dict[str, List[Pair]]:
    """The pairs of the three splits."""
    slots = read_slots(HERE / "intents" / "slots.txt")
    themes = read_themes(HERE / "intents")
    rng = random.Random(SEED)
    fillings = {theme.name: split_fillings(theme, slots, rng) for theme in themes}
    result = {}
    for split, size in SPLIT_SIZES.items():
        own_fillings = {name: by_split[split] for name, by_split in fillings.items()}
        result[split] = Generator(themes, slots, own_fillings, rng).pairs(size)
    return result


def table(pairs: List[Pair]) -> bytes:
    """The content of a TSV file with a header."""
    lines = ["text_a\ttext_b\tlabel"]
    lines += [f"{pair.a.text}\t{pair.b.text}\t{pair.label}" for pair in pairs]
    return ("\n".join(lines) + "\n").encode("utf-8")


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description="Generate the sample question pairs.")
    parser.add_argument("--output_dir", type=Path, default=HERE, help="folder for the .tsv files")
    output_dir = parser.parse_args().output_dir
    output_dir.mkdir(parents=True, exist_ok=True)
    for split, pairs in generate().items():
        write_atomically(output_dir / f"{split}.tsv", table(pairs))
        print(split, len(pairs), dict(sorted(Counter(pair.kind for pair in pairs).items())))


if __name__ == "__main__":
    main()
