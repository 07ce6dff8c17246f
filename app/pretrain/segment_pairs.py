"""Documents -> the segment pairs of one epoch, with the label of the sentence task.

Follows `create_instances_from_document` of google-research/bert. A document is divided into chunks of complete sentences that
fill `[CLS] A [SEP] B [SEP]`, and each chunk is split into two segments after a random sentence. For the chunk s1 s2 s3 s4 of a
document s1 ... s9:

outcome                A        B                                next chunk begins with
B follows A            s1 s2    s3 s4                            s5
A and B are swapped    s3 s4    s1 s2                            s5
B of other document    s1 s2    sentences of a random document   s3, so that no sentence is lost

--sentence_task   label 0          label 1                    label 2
nsp               B follows A      B of other document                               (Devlin et al. 2019)
sop               B follows A      A and B are swapped                               (ALBERT, Lan et al. 2020)
structbert        B follows A      A and B are swapped        B of other document    (Wang et al. 2020)
none              no label and no B                                                  (RoBERTa, Liu et al. 2019)

The labels of a task are equally likely. A chunk of a single sentence has no B and no label.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from app.errors import UserError
from app.pretrain.corpus import Corpus
from app.text.features import SPECIAL_TOKENS_PER_PAIR, truncate

NEXT, SWAPPED, OTHER_DOCUMENT, SINGLE = 0, 1, 2, -1  # the outcome of a chunk; SINGLE: one segment, no label
SENTENCE_TASKS = {  # the outcomes of each task, in the order of their labels
    "nsp": (NEXT, OTHER_DOCUMENT),
    "sop": (NEXT, SWAPPED),
    "structbert": (NEXT, SWAPPED, OTHER_DOCUMENT),
    "none": (),
}


@dataclass
class SegmentPairs:
    """The N examples of one epoch. Segments are ranges of token positions in the corpus, int64 [N]; an empty range: no B."""

    a_begin: np.ndarray
    a_end: np.ndarray
    b_begin: np.ndarray
    b_end: np.ndarray
    sentence_labels: np.ndarray  # int64 [N], -1 without a label

    def __len__(self) -> int:
        return len(self.sentence_labels)

    @property
    def lengths(self) -> np.ndarray:
        """int64 [N], tokens of each example including [CLS] and [SEP]."""
        b = self.b_end - self.b_begin
        return self.a_end - self.a_begin + b + np.where(b > 0, SPECIAL_TOKENS_PER_PAIR, SPECIAL_TOKENS_PER_PAIR - 1)

    def select(self, indices: np.ndarray) -> "SegmentPairs":
        """The examples with these indices."""
        return SegmentPairs(*(values[indices] for values in vars(self).values()))


def make_segment_pairs(
    corpus: Corpus, documents: np.ndarray, max_seq_length: int, task: str, short_seq_prob: float, rng: np.random.Generator
) -> SegmentPairs:
    """The examples of the given documents (their indices in the corpus), ordered by document and by position in it.

    `task`: a key of SENTENCE_TASKS. `short_seq_prob`: the share of chunks with a random smaller target length. The chunks of all
    documents are made at the same time, one chunk per document in each round. Raises UserError if the documents cannot give the
    pairs of the task.
    """
    if OTHER_DOCUMENT in SENTENCE_TASKS[task] and len(np.unique(documents)) < 2:
        raise UserError(f"--sentence_task {task}: needs sentences of other documents, but there is only one; use sop or none")
    max_num_tokens = max_seq_length - (SPECIAL_TOKENS_PER_PAIR if task != "none" else SPECIAL_TOKENS_PER_PAIR - 1)
    starts = corpus.sentences  # the position of each sentence's first token
    next_sentence, document_end = corpus.documents[documents], corpus.documents[documents + 1]  # sentence indices
    rounds, active = [], np.arange(len(documents))
    while len(active):
        count = len(active)
        shorter = rng.random(count) < short_seq_prob
        target_length = np.where(shorter, rng.integers(min(2, max_num_tokens), max_num_tokens + 1, count), max_num_tokens)
        begin, limit = next_sentence[active], document_end[active]
        end = _end_of_chunk(starts, begin, target_length, np.minimum(begin + (1 if task == "none" else 2), limit), limit)
        split = begin + 1 + (rng.random(count) * (end - begin - 1)).astype(np.int64)
        outcome = _draw_outcomes(task, end - begin, rng)
        split = np.where(outcome == SINGLE, end, split)
        length_a = starts[split] - starts[begin]
        other = _sentences_of_other_documents(corpus, documents, active, target_length - length_a, rng)
        first = np.stack([begin, split])
        second = np.where(outcome == OTHER_DOCUMENT, other, np.stack([split, end]))
        a = np.where(outcome == SWAPPED, second, first)
        b = np.where(outcome == SWAPPED, first, second)
        rounds.append((active, *starts[a], *starts[b], outcome))
        next_sentence[active] = np.where(outcome == OTHER_DOCUMENT, split, end)
        active = active[next_sentence[active] < limit]
    document, a_begin, a_end, b_begin, b_end, outcome = (np.concatenate(values) for values in zip(*rounds))
    label_of = np.full(OTHER_DOCUMENT + 2, -1)  # by outcome; SINGLE, which is -1, finds the last entry
    label_of[list(SENTENCE_TASKS[task])] = np.arange(len(SENTENCE_TASKS[task]))
    pairs = SegmentPairs(a_begin, a_end, b_begin, b_end, label_of[outcome]).select(np.argsort(document, kind="stable"))
    if SENTENCE_TASKS[task] and (pairs.sentence_labels < 0).all():
        raise UserError(
            f"--sentence_task {task}: needs documents of two sentences or more, but every document has one sentence; remove the "
            "blank lines inside documents, or use none"
        )
    _truncate(pairs, max_num_tokens, rng)
    return pairs


def _end_of_chunk(
    starts: np.ndarray, begin: np.ndarray, target_length: np.ndarray, min_end: np.ndarray, max_end: np.ndarray
) -> np.ndarray:
    """The sentence index where a chunk of at most `target_length` tokens ends that begins with sentence `begin`, int64 [chunks].

    A chunk may have more tokens if it would otherwise end before `min_end`.
    """
    end = np.searchsorted(starts, starts[begin] + target_length, side="right") - 1
    return np.clip(end, min_end, max_end)


def _draw_outcomes(task: str, sentences: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The outcome of each chunk. `sentences`: int64 [chunks], the number of sentences in each chunk."""
    outcomes = SENTENCE_TASKS[task]
    if not outcomes:
        return np.full(len(sentences), SINGLE)
    drawn = np.array(outcomes)[rng.integers(0, len(outcomes), len(sentences))]
    return np.where(sentences < 2, SINGLE, drawn)


def _sentences_of_other_documents(
    corpus: Corpus, documents: np.ndarray, active: np.ndarray, target_length: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """For each of the documents `documents[active]`, consecutive sentences of a random other document.

    Returns int64 [2, active]: sentence indices of the begin and of the end.
    """
    if len(documents) < 2:
        return np.zeros((2, len(active)), np.int64)
    # A source with a weight above 1 has copies of its documents, which follow each other in the list: skip all copies.
    copies_begin = np.searchsorted(documents, documents[active], side="left")
    copies_end = np.searchsorted(documents, documents[active], side="right")
    drawn = (rng.random(len(active)) * np.maximum(1, len(documents) - (copies_end - copies_begin))).astype(np.int64)
    drawn = np.where(drawn >= copies_begin, drawn + copies_end - copies_begin, drawn) % len(documents)
    document_begin, document_end = corpus.documents[documents[drawn]], corpus.documents[documents[drawn] + 1]
    begin = document_begin + (rng.random(len(active)) * (document_end - document_begin)).astype(np.int64)
    return np.stack([begin, _end_of_chunk(corpus.sentences, begin, target_length, begin + 1, document_end)])


def _truncate(pairs: SegmentPairs, max_num_tokens: int, rng: np.random.Generator) -> None:
    """Truncates pairs with more than `max_num_tokens` tokens, in place. The longer segment is truncated first; each segment keeps
    consecutive tokens at a random offset.
    """
    length_a, length_b = pairs.a_end - pairs.a_begin, pairs.b_end - pairs.b_begin
    for i in np.flatnonzero(length_a + length_b > max_num_tokens):
        keep_a, keep_b = truncate(int(length_a[i]), int(length_b[i]), max_num_tokens, "longest_first")
        pairs.a_begin[i] += rng.integers(0, length_a[i] - keep_a + 1)
        pairs.b_begin[i] += rng.integers(0, length_b[i] - keep_b + 1)
        pairs.a_end[i], pairs.b_end[i] = pairs.a_begin[i] + keep_a, pairs.b_begin[i] + keep_b


def epoch_documents(corpus: Corpus, rng: np.random.Generator) -> np.ndarray:
    """The indices of the training documents of one epoch, sorted. With a weight of 1.5, a random half of a source's documents
    occurs twice, the others once.
    """
    train = np.flatnonzero(~corpus.held_out)
    weights = corpus.weights[train]
    copies = np.floor(weights) + (rng.random(len(train)) < weights % 1)
    return np.repeat(train, copies.astype(np.int64))
