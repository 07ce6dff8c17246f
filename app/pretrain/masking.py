"""Masked LM: which tokens of a sequence are to be predicted, and what stands in their place.

15 % of the tokens are predicted; of these 80 % become [MASK], 10 % a random token, 10 % stay (Devlin et al. 2019, 3.1).

token        each on its own
whole_word   all tokens of a word together (Cui et al. 2019)
ngram        one to three words in a row, the shorter the likelier: 1, 1/2, 1/3 (ERNIE 2.0, Sun et al. 2020; ERNIE-Gram)
span         words in a row, geometric with p = 0.2 and ten at most; a span is masked, replaced or kept whole (SpanBERT,
             Joshi et al. 2020)

The lengths are drawn so. The last run of a sequence is then cut to what is left of the 15 % (as in SpanBERT), which shortens
more of them the shorter the sequence is: of 128 tokens, in words of two, 34 % of the spans are one word where 20 % are drawn,
and 61 % of the n-grams where 55 % are drawn.
"""

from __future__ import annotations

from typing import Tuple

import numpy as np

SPAN_P, SPAN_MOST = 0.2, 10
PATIENCE = 10  # words in a row that are longer than what is left, until a sequence has to do with fewer
NGRAMS = np.array([1, 1 / 2, 1 / 3]) / (1 + 1 / 2 + 1 / 3)


def mask_tokens(
    input_ids: np.ndarray,
    word_starts: np.ndarray,
    special: np.ndarray,
    masking: str,
    mlm_probability: float,
    mask_id: int,
    replacements: np.ndarray,
    random: np.random.Generator,
) -> Tuple[np.ndarray, np.ndarray]:
    """Masks one sequence: (changed input_ids, positions to predict in rising order, int64 [predicted]).

    `input_ids` int [tokens]; `word_starts` bool [tokens]; `special` bool [tokens], never masked; `replacements`: ids a random
    token is drawn from. At most round(share x ordinary tokens) are predicted, one at least; with `token`, exactly so many.
    """
    wanted = max(1, round(mlm_probability * int((~special).sum())))
    units = _choose(word_starts, special, masking, wanted, random)
    positions = np.concatenate([np.zeros(0, np.int64), *units])
    # What happens is drawn for each token, for spans for each span.
    draws = random.random(len(units) if masking == "span" else len(positions))
    draw = np.repeat(draws, [len(unit) for unit in units]) if masking == "span" else draws
    changed = input_ids.copy()
    changed[positions[draw < 0.8]] = mask_id
    replaced = positions[draw >= 0.9]
    changed[replaced] = replacements[random.integers(0, len(replacements), len(replaced))]
    return changed, np.sort(positions)


def _choose(word_starts: np.ndarray, special: np.ndarray, masking: str, wanted: int, random: np.random.Generator) -> list:
    """Runs of positions masked together, int64 each, `wanted` positions at most (one run at least)."""
    ordinary = np.flatnonzero(~special)
    if masking == "token":
        return list(random.permutation(ordinary)[:wanted, None])
    # A word begins where its bit says so, and after every special token: none reaches over a [SEP].
    begins = word_starts[ordinary] | np.append(True, np.diff(ordinary) > 1)
    words = np.split(ordinary, np.flatnonzero(begins)[1:])
    sizes = np.array([len(word) for word in words])
    apart = np.array([after[0] > before[-1] + 1 for before, after in zip(words, words[1:])], bool)  # a [SEP] stands between
    used = np.zeros(len(words), bool)
    chosen, left, failed = [], wanted, 0
    while left > 0 and failed < PATIENCE and not used.all():
        first, length = _place(used, apart, _length(masking, random), random)
        fit = int((np.cumsum(sizes[first : first + length]) <= left).sum())
        length = min(length, max(fit, not chosen))  # the last run is cut to what is left
        if not length:
            failed += 1
            continue
        used[first : first + length] = True
        chosen.append(np.concatenate(words[first : first + length]))
        left -= len(chosen[-1])
    return chosen


def _length(masking: str, random: np.random.Generator) -> int:
    """Words of the next run."""
    if masking == "whole_word":
        return 1
    return int(random.choice(3, p=NGRAMS)) + 1 if masking == "ngram" else min(SPAN_MOST, int(random.geometric(SPAN_P)))


def _place(used: np.ndarray, apart: np.ndarray, length: int, random: np.random.Generator) -> Tuple[int, int]:
    """Where a run begins, drawn from all places where so many unused words stand in one segment; and its length, which is
    smaller only where there is no such place. The length is drawn first: trying places first would favour short runs.
    """
    before = np.append(0, np.cumsum(used))
    cuts = np.append(0, np.cumsum(apart))
    for count in range(min(length, len(used)), 0, -1):
        free = (before[count:] == before[: len(before) - count]) & (cuts[count - 1 :] == cuts[: len(cuts) - count + 1])
        positions = np.flatnonzero(free)
        if len(positions):
            return int(random.choice(positions)), count
    raise ValueError("every word is used")
