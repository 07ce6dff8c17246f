"""Masked LM: which tokens of a sequence are to be predicted, and what stands in their place.

15 % of the tokens are predicted; of these 80 % become [MASK], 10 % a random token, 10 % stay (Devlin et al. 2019, 3.1).

token        each on its own
whole_word   all tokens of a word together (Cui et al. 2019)
ngram        one to three words in a row, the shorter the likelier: 1, 1/2, 1/3 (ERNIE 2.0, Sun et al. 2020; ERNIE-Gram)
span         words in a row, geometric with p = 0.2 and ten at most; a span is masked, replaced or kept whole (SpanBERT,
             Joshi et al. 2020)
"""

from __future__ import annotations

from typing import Tuple

import numpy as np

SPAN_P, SPAN_MOST = 0.2, 10
NGRAMS = np.array([1, 1 / 2, 1 / 3]) / (1 + 1 / 2 + 1 / 3)


def mask_tokens(
    input_ids: np.ndarray,
    word_starts: np.ndarray,
    special: np.ndarray,
    masking: str,
    share: float,
    mask_id: int,
    replacements: np.ndarray,
    random: np.random.Generator,
) -> Tuple[np.ndarray, np.ndarray]:
    """Masks one sequence: (changed input_ids, positions to predict in rising order, int64 [predicted]).

    `input_ids` int [tokens]; `word_starts` bool [tokens]; `special` bool [tokens], never masked; `replacements`: ids a random
    token is drawn from. At most round(share x ordinary tokens) are predicted, one at least; with `token`, exactly so many.
    """
    wanted = max(1, round(share * int((~special).sum())))
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
    used = np.zeros(len(words), bool)
    chosen, left = [], wanted
    for first in random.permutation(len(words)):
        if left <= 0:
            break
        taken = _run_of_words(words, int(first), masking, random)
        sizes = np.cumsum([len(words[word]) for word in taken])
        if sizes[-1] > left:  # the last run is cut to what is left, as in SpanBERT: skipping it would favour short ones
            taken = taken[: max(int((sizes <= left).sum()), not chosen)]
        if not taken or used[taken].any():
            continue
        used[taken] = True
        chosen.append(np.concatenate([words[word] for word in taken]))
        left -= int(sizes[len(taken) - 1])
    return chosen


def _run_of_words(words: list, first: int, masking: str, random: np.random.Generator) -> list:
    """Numbers of the words masked together from word `first` on, within its segment."""
    if masking == "whole_word":
        return [first]
    length = random.choice(3, p=NGRAMS) + 1 if masking == "ngram" else min(SPAN_MOST, random.geometric(SPAN_P))
    run = [first]
    while len(run) < length and run[-1] + 1 < len(words) and words[run[-1] + 1][0] == words[run[-1]][-1] + 1:
        run.append(run[-1] + 1)
    return run
