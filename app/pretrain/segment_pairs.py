"""Documents -> the segment pairs of one epoch, and what the sentence task asks of each.

A document is cut into chunks of whole sentences that fill the room of `[CLS] A [SEP] B [SEP]`; each chunk is split in two at
random. Half of them keep their second part (next), half get a stretch of another document instead (other), and then the
document goes on with what was replaced: no sentence is left out, none comes twice (google-research/bert,
`create_instances_from_document`).

nsp           0 next                            1 other                       (Devlin et al. 2019)
sop           0 in order                        1 swapped                     (ALBERT, Lan et al. 2020)
structbert    0 next     1 previous (swapped)   2 other, a third each         (Wang et al. 2020)
none          one segment, no question                                        (RoBERTa, Liu et al. 2019)
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from app.errors import UserError
from app.pretrain.corpus import Corpus
from app.text.features import SPECIAL_TOKENS_PER_PAIR, truncate

NEXT, SWAPPED, OTHER, NO_QUESTION = 0, 1, 2, -1  # what becomes of a chunk; a single sentence asks no question
KINDS = {"nsp": (NEXT, OTHER), "sop": (NEXT, SWAPPED), "structbert": (NEXT, SWAPPED, OTHER), "none": ()}  # place = label


@dataclass
class SegmentPairs:
    """The examples of one epoch: places of their segments in the corpus, int64 [examples]; B is empty where there is none."""

    a_begin: np.ndarray
    a_end: np.ndarray
    b_begin: np.ndarray
    b_end: np.ndarray
    label: np.ndarray  # int64 [examples], of the sentence task; -1 where nothing is asked

    def __len__(self) -> int:
        return len(self.label)

    @property
    def lengths(self) -> np.ndarray:
        """int64 [examples], tokens with [CLS] and [SEP]."""
        b = self.b_end - self.b_begin
        return self.a_end - self.a_begin + b + np.where(b > 0, SPECIAL_TOKENS_PER_PAIR, SPECIAL_TOKENS_PER_PAIR - 1)

    def keep(self, rows: np.ndarray) -> "SegmentPairs":
        """Only the examples of these numbers."""
        return SegmentPairs(*(values[rows] for values in vars(self).values()))


def make_segment_pairs(
    corpus: Corpus, documents: np.ndarray, max_seq_length: int, task: str, short: float, random: np.random.Generator
) -> SegmentPairs:
    """Examples of the given documents, by their order in each document; `short` of the chunks aim at a random smaller length.

    All documents are cut side by side, one chunk of each a round. Raises UserError where the task finds no second segment.
    """
    if OTHER in KINDS[task] and len(np.unique(documents)) < 2:
        raise UserError(f"--sentence_task {task}: draws from other documents, and there is one; use sop or none")
    room = max_seq_length - (SPECIAL_TOKENS_PER_PAIR if task != "none" else SPECIAL_TOKENS_PER_PAIR - 1)
    starts = corpus.sentences
    at, end = corpus.documents[documents], corpus.documents[documents + 1]
    rounds, active = [], np.arange(len(documents))
    while len(active):
        count = len(active)
        target = np.where(random.random(count) < short, random.integers(min(2, room), room + 1, count), room)
        begin, last = at[active], end[active]
        stop = _fill(starts, begin, target, np.minimum(begin + (1 if task == "none" else 2), last), last)
        split = begin + 1 + (random.random(count) * (stop - begin - 1)).astype(np.int64)
        kind = _kinds(task, stop - begin, random)
        split = np.where(kind == NO_QUESTION, stop, split)
        other = _other_stretch(corpus, documents, active, target - (starts[split] - starts[begin]), random)
        second = np.where(kind == OTHER, other, np.stack([split, stop]))
        first = np.stack([begin, split])
        a = np.where(kind == SWAPPED, second, first)
        b = np.where(kind == SWAPPED, first, second)
        rounds.append((active, *starts[a], *starts[b], kind))
        at[active] = np.where(kind == OTHER, split, stop)
        active = active[at[active] < last]
    owner, a_begin, a_end, b_begin, b_end, kind = (np.concatenate(values) for values in zip(*rounds))
    labels = np.full(OTHER + 2, -1)  # the last one is that of NO_QUESTION
    labels[list(KINDS[task])] = np.arange(len(KINDS[task]))
    pairs = SegmentPairs(a_begin, a_end, b_begin, b_end, labels[kind]).keep(np.argsort(owner, kind="stable"))
    if KINDS[task] and (pairs.label < 0).all():
        raise UserError(
            f"--sentence_task {task}: needs documents of two sentences or more, and there is none: take "
            "out the blank lines inside documents, or use none"
        )
    _cut(pairs, room, random)
    return pairs


def _fill(starts: np.ndarray, begin: np.ndarray, target: np.ndarray, least: np.ndarray, last: np.ndarray) -> np.ndarray:
    """The last sentence boundary up to which `target` tokens hold the sentences from `begin` on; `least` at least."""
    stop = np.searchsorted(starts, starts[begin] + target, side="right") - 1
    return np.clip(stop, least, last)


def _kinds(task: str, sentences: np.ndarray, random: np.random.Generator) -> np.ndarray:
    if not KINDS[task]:
        return np.full(len(sentences), NO_QUESTION)
    drawn = np.array(KINDS[task])[random.integers(0, len(KINDS[task]), len(sentences))]
    return np.where(sentences < 2, NO_QUESTION, drawn)


def _other_stretch(corpus: Corpus, documents: np.ndarray, active: np.ndarray, target: np.ndarray, random) -> np.ndarray:
    """For each active document a stretch of sentences of another one: int64 [2, active], where it begins and ends."""
    if len(documents) < 2:
        return np.zeros((2, len(active)), np.int64)
    # A weight above 1 puts a document into the list several times, one after the other: leave all of its copies out.
    copies_begin = np.searchsorted(documents, documents[active], side="left")
    copies_end = np.searchsorted(documents, documents[active], side="right")
    drawn = (random.random(len(active)) * np.maximum(1, len(documents) - (copies_end - copies_begin))).astype(np.int64)
    drawn = np.where(drawn >= copies_begin, drawn + copies_end - copies_begin, drawn) % len(documents)
    first, last = corpus.documents[documents[drawn]], corpus.documents[documents[drawn] + 1]
    begin = first + (random.random(len(active)) * (last - first)).astype(np.int64)
    return np.stack([begin, _fill(corpus.sentences, begin, target, begin + 1, last)])


def _cut(pairs: SegmentPairs, room: int, random: np.random.Generator) -> None:
    """Takes tokens from the longer segment, at its front or its back, where a sentence alone is longer than the room."""
    length_a, length_b = pairs.a_end - pairs.a_begin, pairs.b_end - pairs.b_begin
    for row in np.flatnonzero(length_a + length_b > room):
        keep_a, keep_b = truncate(int(length_a[row]), int(length_b[row]), room, "longest_first")
        pairs.a_begin[row] += random.integers(0, length_a[row] - keep_a + 1)
        pairs.b_begin[row] += random.integers(0, length_b[row] - keep_b + 1)
        pairs.a_end[row], pairs.b_end[row] = pairs.a_begin[row] + keep_a, pairs.b_begin[row] + keep_b


def epoch_documents(corpus: Corpus, random: np.random.Generator) -> np.ndarray:
    """Numbers of the training documents of one epoch, sorted; a source of weight 1.5 has all once and half of them twice."""
    train = np.flatnonzero(~corpus.held_out)
    weights = corpus.weights[train]
    copies = np.floor(weights) + (random.random(len(train)) < weights % 1)
    return np.repeat(train, copies.astype(np.int64))
