"""Generates the sample corpus for pretraining: short Chinese documents about everyday matters.

Works in any folder, with the standard library only. The seed is fixed, so the text is always identical:

    python data/sample_corpus/prepare.py                        # writes corpus.txt.gz here
    python data/sample_corpus/prepare.py --output_dir FOLDER    # writes it into another folder

Method. `topics/` describes by hand what happens when somebody applies for a card, waits for a parcel or rents a
flat: ordered *steps*, each with several *wordings*. A document has the steps of one topic in order, one sentence
per step, and keeps its people, places and things from the first sentence to the last. So each sentence follows
from the one before. This is what next-sentence prediction has to learn.

Topic format (UTF-8; lines that start with `#` are comments):

    slot: value, value               values of {slot}; one is drawn for each document
    name, ta: 王芳/她, 张伟/他       slots drawn together; a value written twice is drawn twice as often
    == section                       `account`: what happened to somebody; `how-to`: advice
    -- step                          a step; its wordings follow, one per line, at least four
    -- step ?                        an optional step: in two of three documents
    -- step | result=通过            a step only for documents in which {result} is 通过
    -- step ? | result=通过/退回     both; "/" separates several values
    {name}去[银行|网点]问了问。      a wording; [a|b] becomes a or b, [a|] becomes a or nothing

[ ] may contain a {slot}, but no other [ ]. `topics/common.txt` has the slots and sections that all topics share.
A slot or section of a topic replaces the shared one of the same name.

Corpus format: UTF-8, one sentence per line, an empty line between documents, compressed with gzip. A Python built
with zlib-ng compresses the same text into other bytes.
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
SENTENCES = (8, 20)  # minimum and maximum per document
ALL = 99  # more steps than any section has
# plan of a document -> (share of the documents, [(section, maximum number of its steps)])
PLANS = {
    "account": (0.40, [("opening", ALL), ("account", ALL), ("ending", ALL)]),
    "how-to": (0.35, [("question", ALL), ("how-to", ALL), ("farewell", ALL)]),
    "both": (0.25, [("opening", ALL), ("account", ALL), ("bridge", ALL), ("how-to", 3), ("ending", 1)]),
}
OPTIONAL = 2 / 3  # share of documents that include a step marked "?"
MIN_WORDINGS = 4
SLOT = re.compile(r"{(\w+)}")
CHOICE = re.compile(r"\[([^][]*\|[^][]*)\]")

Filling = Dict[str, str]  # slot -> its value in one document


class Step(NamedTuple):
    """One event or piece of advice, in several wordings."""

    name: str
    optional: bool
    condition: Dict[str, List[str]]  # slot -> the values for which the step is included
    wordings: List[str]


class Topic(NamedTuple):
    """A topic file."""

    name: str
    slots: Dict[Tuple[str, ...], List[Tuple[str, ...]]]  # slots drawn together -> their values
    sections: Dict[str, List[Step]]


class Sentence(NamedTuple):
    """A text and the wording that it was made from."""

    text: str
    wording: str


class Document(NamedTuple):
    """The sentences of one document."""

    topic: str
    plan: str
    filling: Filling
    sentences: List[Sentence]


def read_slots(line: str) -> Tuple[Tuple[str, ...], List[Tuple[str, ...]]]:
    """`name, ta: 王芳/她, 张伟/他` -> ("name", "ta"), [("王芳", "她"), ("张伟", "他")].

    Raises ValueError if a value does not have one text for each slot.
    """
    head, _, tail = line.partition(":")
    names = tuple(name.strip() for name in head.split(","))
    values = [tuple(text.strip() for text in value.split("/")) for value in tail.split(",")]
    if any(len(value) != len(names) or not all(value) for value in values):
        raise ValueError(f"every value must have {len(names)} texts, separated by /")
    return names, values


def read_step(line: str) -> Step:
    """`-- 到账 ? | result=同意/部分同意` -> a step that has no wordings yet."""
    head, _, tail = line[2:].partition("|")
    condition = {}
    for item in tail.split(",") if tail else []:
        slot, _, values = item.partition("=")
        condition[slot.strip()] = [value.strip() for value in values.split("/")]
    return Step(head.strip(" ?"), head.strip().endswith("?"), condition, [])


def read_topic(path: Path) -> Topic:
    """One topic file. Raises ValueError with the file name and the line number of a mistake."""
    topic, section = Topic(path.stem, {}, {}), ""
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        line = line.strip()
        try:
            if not line or line.startswith("#"):
                continue
            if line.startswith("=="):
                section = line[2:].strip()
                topic.sections.setdefault(section, [])
            elif line.startswith("--"):
                topic.sections[section].append(read_step(line))
            elif section:
                topic.sections[section][-1].wordings.append(line)
            else:
                names, values = read_slots(line)
                topic.slots.setdefault(names, []).extend(values)
        except ValueError as problem:
            raise ValueError(f"{path.name}, line {number}: {problem}") from problem
        except (KeyError, IndexError) as problem:
            raise ValueError(f"{path.name}, line {number}: a step must be in a section, a wording in a step") from problem
    return topic


def read_topics(directory: Path) -> List[Topic]:
    """All topics, each with the slots and sections of common.txt. Raises ValueError if a topic has mistakes."""
    common = read_topic(directory / "common.txt")
    topics = []
    for path in sorted(directory.glob("*.txt")):
        if path.name != "common.txt":
            topic = read_topic(path)
            names = {name for group in topic.slots for name in group}
            shared = {group: values for group, values in common.slots.items() if not names & set(group)}
            topics.append(Topic(topic.name, {**shared, **topic.slots}, {**common.sections, **topic.sections}))
            check_topic(topics[-1])
    return topics


def check_topic(topic: Topic) -> None:
    """Raises ValueError if a section is missing or a step cannot be used."""
    values = {
        name: {value[i] for value in group_values} for group, group_values in topic.slots.items() for i, name in enumerate(group)
    }
    missing = {section for _, sections in PLANS.values() for section, _ in sections} - set(topic.sections)
    if missing:
        raise ValueError(f"{topic.name}: no section {sorted(missing)}")
    for step in (step for steps in topic.sections.values() for step in steps):
        where = f"{topic.name}, step {step.name}"
        if len(set(step.wordings)) < max(MIN_WORDINGS, len(step.wordings)):
            raise ValueError(f"{where}: at least {MIN_WORDINGS} wordings, all different")
        for slot, required in step.condition.items():
            if not set(required) <= values.get(slot, set()):
                raise ValueError(f"{where}: {slot} is never {'/'.join(required)}")
        for wording in step.wordings:
            if not set(SLOT.findall(wording)) <= set(values):
                raise ValueError(f"{where}: unknown slot in: {wording}")
            if set(CHOICE.sub("", SLOT.sub("", wording))) & set("{}[]|"):
                raise ValueError(f"{where}: wrong brackets in: {wording}")


def fill_wording(wording: str, filling: Filling, rng: random.Random) -> str:
    """The text of a wording: a random choice for each [ ], then the values of the slots."""
    text = CHOICE.sub(lambda match: rng.choice(match[1].split("|")), wording)
    return SLOT.sub(lambda match: filling[match[1]], text)


class Generator:
    """Generates the documents of one topic. `used`: how often each wording was used."""

    def __init__(self, topic: Topic, used: Counter, rng: random.Random):
        self.topic, self.used, self.rng = topic, used, rng

    def filling(self) -> Filling:
        """A random value for every slot."""
        filling: Filling = {}
        for names, values in self.topic.slots.items():
            filling.update(zip(names, self.rng.choice(values)))
        return filling

    def steps(self, plan: str, filling: Filling) -> List[Step]:
        """The steps of a document with this plan and filling, in order."""
        result: List[Step] = []
        for section, max_steps in PLANS[plan][1]:
            included = [
                step
                for step in self.topic.sections[section]
                if all(filling[slot] in values for slot, values in step.condition.items())
                and (not step.optional or self.rng.random() < OPTIONAL)
            ]
            kept = sorted(self.rng.sample(range(len(included)), min(max_steps, len(included))))
            result += [included[i] for i in kept]
        return result

    def choose_wording(self, step: Step) -> str:
        """A random wording among those used least so far, so that all wordings are used equally often."""
        least = min(self.used[wording] for wording in step.wordings)
        return self.rng.choice([wording for wording in step.wordings if self.used[wording] == least])

    def document(self, plan: str) -> Document:
        """A random document. Raises ValueError if no filling gives an allowed number of steps."""
        for _ in range(1000):  # some fillings give too few or too many steps
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
            sentences.append(Sentence(fill_wording(wording, filling, self.rng), wording))
        return Document(self.topic.name, plan, filling, sentences)


def generate() -> List[Document]:
    """All documents in random order. Every topic has the same number of documents, and no two are the same."""
    rng = random.Random(SEED)
    used: Counter = Counter()  # shared by all topics, because they share the wordings of common.txt
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
    """The text of the corpus file."""
    return "\n\n".join("\n".join(sentence.text for sentence in document.sentences) for document in documents) + "\n"


def compress(text: str) -> bytes:
    """The text compressed with gzip, without time and name in the header: the same text gives the same bytes."""
    buffer = io.BytesIO()
    with gzip.GzipFile(filename="", mode="wb", compresslevel=9, fileobj=buffer, mtime=0) as file:
        file.write(text.encode("utf-8"))
    return buffer.getvalue()


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description="Generate the sample corpus.")
    parser.add_argument("--output_dir", type=Path, default=HERE, help="folder for corpus.txt.gz")
    output_dir = parser.parse_args().output_dir
    output_dir.mkdir(parents=True, exist_ok=True)
    documents = generate()
    write_atomically(output_dir / "corpus.txt.gz", compress(corpus_text(documents)))
    texts = [sentence.text for document in documents for sentence in document.sentences]
    print(
        f"documents {len(documents)}, sentences {len(texts)} ({len(set(texts))} distinct),",
        f"characters {sum(map(len, texts))} ({len(set(''.join(texts)))} distinct)",
    )
    print("documents by topic:", dict(sorted(Counter(document.topic for document in documents).items())))


if __name__ == "__main__":
    main()
