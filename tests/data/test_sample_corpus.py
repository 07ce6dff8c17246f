"""The sample corpus: reproducible, clean, varied, and each document is about one topic."""

import gzip
import os
import re
import shutil
import subprocess
import sys
import zlib
from collections import Counter
from pathlib import Path

import pytest
from conftest import load_script

CORPUS = Path(__file__).resolve().parents[2] / "data" / "sample_corpus"
# Slots with values that cannot mean anything else: a document may contain only its own ones.
NAMED = ("name", "bank", "courier", "petname", "landlord", "coach", "school", "shop")
# Two punctuation marks side by side, or a doubled particle: neither occurs in correct text.
SLIPS = re.compile(r"[，。？！：；、][，。？！：；、]|了了|的的|着着|吗吗|呢呢|那家一家")


@pytest.fixture(scope="module")
def prepare():
    return load_script(CORPUS / "prepare.py")


@pytest.fixture(scope="module")
def topics(prepare):
    return prepare.read_topics(CORPUS / "topics")


@pytest.fixture(scope="module")
def generated(prepare):
    return prepare.generate()


@pytest.fixture(scope="module")
def text():
    return gzip.decompress((CORPUS / "corpus.txt.gz").read_bytes()).decode("utf-8")


@pytest.fixture(scope="module")
def documents(text):
    return [block.split("\n") for block in text.rstrip("\n").split("\n\n")]


@pytest.fixture(scope="module")
def sentences(documents):
    return [sentence for document in documents for sentence in document]


def all_steps(topic):
    return [step for steps in topic.sections.values() for step in steps]


def test_regenerating_gives_the_same_file(tmp_path):
    command = [sys.executable, str(CORPUS / "prepare.py"), "--output_dir", str(tmp_path / "new")]
    packed = []
    for _ in range(2):  # the second time over the first file
        subprocess.run(command, check=True, capture_output=True)
        assert [path.name for path in (tmp_path / "new").iterdir()] == ["corpus.txt.gz"]
        packed.append((tmp_path / "new" / "corpus.txt.gz").read_bytes())
    stored = (CORPUS / "corpus.txt.gz").read_bytes()
    assert packed[0] == packed[1]
    assert gzip.decompress(packed[0]) == gzip.decompress(stored)
    if "ng" not in zlib.ZLIB_RUNTIME_VERSION:  # zlib-ng compresses the same text differently
        assert packed[0] == stored


def test_gzip_header_has_neither_name_nor_time():
    header = (CORPUS / "corpus.txt.gz").read_bytes()[:10]
    assert header[:3] == b"\x1f\x8b\x08"
    assert header[3] == 0  # no name, no comment
    assert header[4:8] == bytes(4)  # no time


def test_a_failed_write_leaves_the_old_file(prepare, tmp_path, monkeypatch):
    path = tmp_path / "corpus.txt.gz"
    prepare.write_atomically(path, prepare.compress("旧的一句。\n"))
    monkeypatch.setattr(os, "replace", lambda *_: (_ for _ in ()).throw(OSError("disk full")))
    with pytest.raises(OSError, match="disk full"):
        prepare.write_atomically(path, prepare.compress("新的一句。\n"))
    assert gzip.decompress(path.read_bytes()).decode("utf-8") == "旧的一句。\n"


def test_the_file_is_what_the_generator_writes(generated, documents):
    assert documents == [[sentence.text for sentence in document.sentences] for document in generated]


def test_read_documents_gives_the_same_documents(documents):
    reader = pytest.importorskip("app.pretrain.documents")
    assert list(reader.read_documents(CORPUS / "corpus.txt.gz")) == documents


def test_size(documents, sentences):
    assert (CORPUS / "corpus.txt.gz").stat().st_size < 400_000
    assert 1150 <= len(documents) <= 1250
    assert 14_000 <= len(sentences) <= 16_000
    assert 250_000 <= sum(map(len, sentences)) <= 350_000


def test_format(text, documents):
    assert text.endswith("\n") and not text.endswith("\n\n")
    assert "\n\n\n" not in text  # one blank line between documents, no empty document
    assert not set(text) & set("\t\r []{}|\ufffd\ufeff")
    for document in documents:
        assert 8 <= len(document) <= 20


def test_sentences_are_complete(sentences):
    for sentence in set(sentences):
        assert 8 <= len(sentence) <= 42, sentence
        assert re.search("[。？！]”?$", sentence), sentence
        assert sentence.count("“") == sentence.count("”"), sentence
        assert not SLIPS.search(sentence), sentence


def test_no_document_twice(documents):
    assert len({tuple(document) for document in documents}) == len(documents)


def test_no_sentence_twice_in_a_document(documents):
    for document in documents:
        assert len(set(document)) == len(document), document


def test_variety(sentences):
    counts = Counter(sentences)
    assert len(counts) >= 9_000
    assert counts.most_common(1)[0][1] <= 0.01 * len(sentences)
    assert len(set("".join(sentences))) >= 1_500


def test_topics_are_rich_enough(topics):
    assert len(topics) >= 14
    for topic in topics:
        steps = topic.sections["account"] + topic.sections["how-to"]
        assert len(steps) >= 18
        assert sum(len(step.wordings) for step in steps) >= 75
        assert any(step.condition for step in steps)  # so that not all documents tell the same events
        assert any(step.optional for step in steps)


def test_each_wording_belongs_to_one_step(topics):
    wordings = [
        wording for topic in topics for section in ("account", "how-to") for step in topic.sections[section] for wording in step.wordings
    ]
    assert len(wordings) == len(set(wordings))


def test_every_topic_and_plan_occurs(prepare, topics, generated):
    by_topic = Counter(document.topic for document in generated)
    assert set(by_topic) == {topic.name for topic in topics}
    assert max(by_topic.values()) - min(by_topic.values()) <= 1
    assert {(d.topic, d.plan) for d in generated} == {(topic.name, plan) for topic in topics for plan in prepare.PLANS}


def test_every_wording_occurs(topics, generated):
    used = {sentence.wording for document in generated for sentence in document.sentences}
    assert {wording for topic in topics for step in all_steps(topic) for wording in step.wordings} == used


def test_steps_are_in_order(prepare, topics, generated):
    """A document has its parts and their steps in order, with at most one sentence per step."""
    for topic in topics:
        for document in (document for document in generated if document.topic == topic.name):
            order = [step for section, _ in prepare.PLANS[document.plan][1] for step in topic.sections[section]]
            positions = [next(i for i, step in enumerate(order) if s.wording in step.wordings) for s in document.sentences]
            assert positions == sorted(set(positions))


def test_steps_occur_only_where_their_condition_holds(topics, generated):
    step_of = {(topic.name, wording): step for topic in topics for step in all_steps(topic) for wording in step.wordings}
    for document in generated:
        for sentence in document.sentences:
            for slot, values in step_of[document.topic, sentence.wording].condition.items():
                assert document.filling[slot] in values


def test_slots_keep_their_values_within_a_document(prepare, generated):
    """Every sentence is its wording, filled with the slot values of its document."""
    for document in generated:
        for sentence in document.sentences:
            pattern = "".join(
                "(?:" + "|".join(map(re.escape, part.split("|"))) + ")" if i % 2 else re.escape(part)
                for i, part in enumerate(prepare.CHOICE.split(sentence.wording))
            )
            for slot in set(prepare.SLOT.findall(sentence.wording)):
                pattern = pattern.replace(re.escape("{%s}" % slot), re.escape(document.filling[slot]))
            assert re.fullmatch(pattern, sentence.text), (sentence, document.filling)


def test_a_document_has_no_names_of_other_documents(topics, generated):
    for topic in topics:
        values = {slot: [] for slot in NAMED}
        for group, group_values in topic.slots.items():
            for i, slot in enumerate(group):
                values.get(slot, []).extend(value[i] for value in group_values)
        for document in (document for document in generated if document.topic == topic.name):
            text = "".join(sentence.text for sentence in document.sentences)
            for slot in NAMED:
                others = set(values[slot]) - {document.filling.get(slot), "我"}
                assert not [other for other in others if other in text], (slot, document)


def test_every_account_names_its_main_person(generated):
    for document in generated:
        text = "".join(sentence.text for sentence in document.sentences)
        if document.plan != "how-to":
            assert document.filling["name"] in text
        else:
            assert not any("{name}" in s.wording or "{ta}" in s.wording for s in document.sentences)


def test_the_main_person_comes_before_the_pronoun(generated):
    for document in generated:
        wordings = [sentence.wording for sentence in document.sentences]
        with_ta = [i for i, wording in enumerate(wordings) if "{ta}" in wording]
        with_name = [i for i, wording in enumerate(wordings) if "{name}" in wording]
        assert not with_ta or with_name[0] <= with_ta[0]


@pytest.mark.parametrize(
    "extra, reason",
    [
        ("-- 新\n一。\n二。\n三。\n", "at least 4 wordings"),
        ("-- 新\n一。\n二。\n三。\n三。\n", "all different"),
        ("-- 新\n一。\n二。\n三。\n{nobody}来了。\n", "unknown slot"),
        ("-- 新\n一。\n二。\n三。\n他[来|去了。\n", "wrong brackets"),
        ("-- 新\n一。\n二。\n三。\n他{ta来了。\n", "wrong brackets"),
        ("-- 新\n一。\n二。\n三。\n他[来]了。\n", "wrong brackets"),
        ("-- 新 | result=从来没有\n一。\n二。\n三。\n四。\n", "result is never 从来没有"),
        ("== 空\n没有步骤的一句。\n", "a wording in a step"),
    ],
)
def test_mistakes_in_a_topic_are_reported(prepare, tmp_path, extra, reason):
    shutil.copytree(CORPUS / "topics", tmp_path / "topics")
    path = tmp_path / "topics" / "credit_card.txt"
    path.write_text(path.read_text(encoding="utf-8") + extra, encoding="utf-8")
    with pytest.raises(ValueError, match=reason):
        prepare.read_topics(tmp_path / "topics")


def test_every_slot_value_must_have_all_its_parts(prepare):
    assert prepare.read_slots("name, ta: 王芳/她, 张伟/他") == (("name", "ta"), [("王芳", "她"), ("张伟", "他")])
    with pytest.raises(ValueError, match="every value must have 2 texts"):
        prepare.read_slots("name, ta: 王芳/她, 张伟")


def test_counts_in_the_readme(documents, sentences):
    readme = (CORPUS / "README.md").read_text(encoding="utf-8")
    counts = {
        "documents": len(documents),
        "sentences": len(sentences),
        "distinct sentences": len(set(sentences)),
        "characters": sum(map(len, sentences)),
        "distinct characters": len(set("".join(sentences))),
    }
    for name, count in counts.items():
        assert f"| {name} | {count:,} |" in readme


def test_example_in_the_readme(text):
    readme = (CORPUS / "README.md").read_text(encoding="utf-8")
    quoted = [line[2:].replace("<br>", "") for line in readme.splitlines() if line.startswith("> ")]
    assert quoted and "\n".join(quoted) + "\n" in text
