"""Write the sample corpus: short Chinese documents about everyday matters, to pretrain on.

Run from anywhere (standard library only; the seed is fixed, so the file comes out
byte-identical every time):

    python data/sample_corpus/prepare.py                        # rewrites corpus.txt.gz here
    python data/sample_corpus/prepare.py --output_dir /tmp/new  # ... or somewhere else

Idea.  `topics/` describes by hand what happens when somebody applies for a card, waits for
a parcel or rents a flat: ordered *steps*, each in several *wordings*.  A document walks
through the steps of one topic, with one wording each, and keeps its people, places and
things from the first sentence to the last.  So a sentence really follows from the one
before, which is what next-sentence prediction is to learn.

Topic format (UTF-8; lines which start with `#` are comments):

    slot: value, value               values of {slot}; one is drawn for each document
    name, ta: 王芳/她, 张伟/他       slots drawn together; a value written twice comes twice as often
    == part                          `account`: what happened to somebody; `how-to`: advice
    -- step                          a step and its wordings, one a line, at least four
    -- step ?                        told in two of three documents only
    -- step | result=通过            told only where {result} is 通过: so stories branch
    -- step ? | result=通过/退回     both; "/" separates several values
    {name}去[银行|网点]问了问。      a wording: [a|b] takes one of the two, [a|] one or nothing

A {slot} may stand within [ ], but no [ ] within another.  `topics/common.txt` has the slots
and parts which all topics share; a topic's own slot goes before a shared one.

Corpus format: UTF-8, one sentence a line, a blank line between documents, gzipped (a Python
built on zlib-ng packs the same text into other bytes).
"""

import argparse
import gzip
import io
import random
import re
import sys
from collections import Counter
from pathlib import Path
from typing import Dict, List, NamedTuple, Tuple

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from fetch import write_atomically  # noqa: E402

SEED = 20
HERE = Path(__file__).resolve().parent
DOCUMENTS = 1224  # 68 of each topic
SENTENCES = (8, 20)  # of a document: at least, at most
ALL = 99
# The kinds of documents: (share, [(part, how many of its steps at most)]).
PLANS = {
    "account": (0.40, [("opening", ALL), ("account", ALL), ("ending", ALL)]),
    "how-to": (0.35, [("question", ALL), ("how-to", ALL), ("farewell", ALL)]),
    "both": (0.25, [("opening", ALL), ("account", ALL), ("bridge", ALL), ("how-to", 3), ("ending", 1)]),
}
OPTIONAL = 2 / 3  # share of documents which tell a step marked "?"
MIN_WORDINGS = 4
SLOT = re.compile(r"{(\w+)}")
CHOICE = re.compile(r"\[([^][]*\|[^][]*)\]")

Filling = Dict[str, str]  # slot -> its value in one document


class Step(NamedTuple):
    name: str
    optional: bool
    condition: Dict[str, List[str]]  # slot -> the values for which the step is told
    wordings: List[str]


class Topic(NamedTuple):
    name: str
    slots: Dict[Tuple[str, ...], List[Tuple[str, ...]]]  # slots drawn together -> their values
    parts: Dict[str, List[Step]]


class Sentence(NamedTuple):
    text: str
    wording: str


class Document(NamedTuple):
    topic: str
    plan: str
    filling: Filling
    sentences: List[Sentence]


def read_slots(line: str) -> Tuple[Tuple[str, ...], List[Tuple[str, ...]]]:
    """`name, ta: 王芳/她, 张伟/他` -> ("name", "ta"), [("王芳", "她"), ("张伟", "他")]."""
    head, _, tail = line.partition(":")
    names = tuple(name.strip() for name in head.split(","))
    values = [tuple(part.strip() for part in value.split("/")) for value in tail.split(",")]
    if any(len(value) != len(names) or not all(value) for value in values):
        raise ValueError(f"every value must have {len(names)} parts")
    return names, values


def read_step(line: str) -> Step:
    """`-- 到账 ? | result=同意/部分同意` -> a step without wordings as yet."""
    head, _, tail = line[2:].partition("|")
    condition = {}
    for item in tail.split(",") if tail else []:
        slot, _, values = item.partition("=")
        condition[slot.strip()] = [value.strip() for value in values.split("/")]
    return Step(head.strip(" ?"), head.strip().endswith("?"), condition, [])


def read_topic(path: Path) -> Topic:
    """One file as it stands. Raises ValueError with the file and the line where it is wrong."""
    topic, part = Topic(path.stem, {}, {}), ""
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        line = line.strip()
        try:
            if not line or line.startswith("#"):
                continue
            if line.startswith("=="):
                part = line[2:].strip()
                topic.parts.setdefault(part, [])
            elif line.startswith("--"):
                topic.parts[part].append(read_step(line))
            elif part:
                topic.parts[part][-1].wordings.append(line)
            else:
                names, values = read_slots(line)
                topic.slots.setdefault(names, []).extend(values)
        except ValueError as problem:
            raise ValueError(f"{path.name}, line {number}: {problem}") from problem
        except (KeyError, IndexError) as problem:
            raise ValueError(f"{path.name}, line {number}: a step must stand in a part, a wording in a step") from problem
    return topic


def read_topics(directory: Path) -> List[Topic]:
    """All topics, each with the slots and parts of common.txt, checked."""
    common = read_topic(directory / "common.txt")
    topics = []
    for path in sorted(directory.glob("*.txt")):
        if path.name != "common.txt":
            own = read_topic(path)
            names = {name for group in own.slots for name in group}
            shared = {group: values for group, values in common.slots.items() if not names & set(group)}
            topics.append(Topic(own.name, {**shared, **own.slots}, {**common.parts, **own.parts}))
            check_topic(topics[-1])
    return topics


def check_topic(topic: Topic) -> None:
    """Raise ValueError where a part is missing or a step cannot be told."""
    values = {
        name: {value[i] for value in group_values} for group, group_values in topic.slots.items() for i, name in enumerate(group)
    }
    missing = {part for _, parts in PLANS.values() for part, _ in parts} - set(topic.parts)
    if missing:
        raise ValueError(f"{topic.name}: no part {sorted(missing)}")
    for step in (step for steps in topic.parts.values() for step in steps):
        where = f"{topic.name}, step {step.name}"
        if len(set(step.wordings)) < max(MIN_WORDINGS, len(step.wordings)):
            raise ValueError(f"{where}: at least {MIN_WORDINGS} wordings, all different")
        for slot, wanted in step.condition.items():
            if not set(wanted) <= values.get(slot, set()):
                raise ValueError(f"{where}: {slot} is never {'/'.join(wanted)}")
        for wording in step.wordings:
            if not set(SLOT.findall(wording)) <= set(values):
                raise ValueError(f"{where}: unknown slot in: {wording}")
            if set(CHOICE.sub("", SLOT.sub("", wording))) & set("{}[]|"):
                raise ValueError(f"{where}: wrong brackets in: {wording}")


def word(wording: str, filling: Filling, rng: random.Random) -> str:
    """The text of a wording: one of the choices in every [ ], then the values of the slots."""
    text = CHOICE.sub(lambda match: rng.choice(match[1].split("|")), wording)
    return SLOT.sub(lambda match: filling[match[1]], text)


class Generator:
    """Makes the documents of one topic."""

    def __init__(self, topic: Topic, used: Counter, rng: random.Random):
        self.topic, self.used, self.rng = topic, used, rng

    def filling(self) -> Filling:
        filling: Filling = {}
        for names, values in self.topic.slots.items():
            filling.update(zip(names, self.rng.choice(values)))
        return filling

    def steps(self, plan: str, filling: Filling) -> List[Step]:
        """The steps which a document of this plan and filling tells, in order."""
        result: List[Step] = []
        for part, most in PLANS[plan][1]:
            message = [
                step
                for step in self.topic.parts[part]
                if all(filling[slot] in values for slot, values in step.condition.items())
                and (not step.optional or self.rng.random() < OPTIONAL)
            ]
            kept = sorted(self.rng.sample(range(len(message)), min(most, len(message))))
            result += [message[i] for i in kept]
        return result

    def choose_wording(self, step: Step) -> str:
        """One of those used least so far: all wordings come equally often."""
        least = min(self.used[wording] for wording in step.wordings)
        return self.rng.choice([wording for wording in step.wordings if self.used[wording] == least])

    def document(self, plan: str) -> Document:
        for _ in range(1000):  # some fillings tell too few or too many steps
            filling = self.filling()
            steps = self.steps(plan, filling)
            if SENTENCES[0] <= len(steps) <= SENTENCES[1]:
                break
        else:
            raise ValueError(f"{self.topic.name}: no {plan} has {SENTENCES[0]} to {SENTENCES[1]} steps")
        sentences = []
        for step in steps:
            wording = self.choose_wording(step)
            self.used[wording] += 1
            sentences.append(Sentence(word(wording, filling, self.rng), wording))
        return Document(self.topic.name, plan, filling, sentences)


def generate() -> List[Document]:
    """All documents: the topics equally often, in random order, no two the same."""
    rng = random.Random(SEED)
    used: Counter = Counter()  # one for all topics, which share the wordings of common.txt
    generators = [Generator(topic, used, rng) for topic in read_topics(HERE / "topics")]
    names, shares = list(PLANS), [share for share, _ in PLANS.values()]
    documents: Dict[Tuple[str, ...], Document] = {}
    while len(documents) < DOCUMENTS:
        generator = generators[len(documents) % len(generators)]
        document = generator.document(rng.choices(names, shares)[0])
        documents.setdefault(tuple(sentence.text for sentence in document.sentences), document)
    result = list(documents.values())
    rng.shuffle(result)
    return result


def corpus_text(documents: List[Document]) -> str:
    return "\n\n".join("\n".join(sentence.text for sentence in document.sentences) for document in documents) + "\n"


def packed(text: str) -> bytes:
    """The text gzipped, with neither time nor name in the header: the same text gives the same bytes."""
    held = io.BytesIO()
    with gzip.GzipFile(filename="", mode="wb", compresslevel=9, fileobj=held, mtime=0) as file:
        file.write(text.encode("utf-8"))
    return held.getvalue()


def main() -> None:
    parser = argparse.ArgumentParser(description="Write the sample corpus.")
    parser.add_argument("--output_dir", type=Path, default=HERE, help="where corpus.txt.gz goes")
    output_dir = parser.parse_args().output_dir
    output_dir.mkdir(parents=True, exist_ok=True)
    documents = generate()
    write_atomically(output_dir / "corpus.txt.gz", packed(corpus_text(documents)))
    texts = [sentence.text for document in documents for sentence in document.sentences]
    print(
        f"documents {len(documents)}, sentences {len(texts)} ({len(set(texts))} distinct),",
        f"characters {sum(map(len, texts))} ({len(set(''.join(texts)))} distinct)",
    )
    print("documents by topic:", dict(sorted(Counter(document.topic for document in documents).items())))


if __name__ == "__main__":
    main()
