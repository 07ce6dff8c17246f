"""Masked LM: which tokens of a sequence are predicted, and what replaces them in the input.

15 % of the tokens are predicted. Of these, 80 % become [MASK], 10 % become a random token, and 10 % stay unchanged
(Devlin et al. 2019, 3.1). The strategies differ in what is masked together, called a unit here:

token        one token (Devlin et al. 2019)
whole_word   all tokens of one word (Cui et al. 2019)
ngram        1, 2 or 3 consecutive words, with probabilities in the ratio 1 : 1/2 : 1/3 (ALBERT, Lan et al. 2020)
span         1 to 10 consecutive words, 3.8 on average: a geometric distribution with p = 0.2, cut off after 10; all tokens of a
             span become [MASK], or all become random tokens, or all stay unchanged (SpanBERT, Joshi et al. 2020)

The last unit of a sequence is truncated to what remains of the 15 %, as in SpanBERT. Short sequences therefore have more
short units than these distributions say. Example: with 128 tokens and two tokens per word, 36 % of the spans are one word, not
22 %, and 61 % of the n-grams, not 55 %.
"""

from __future__ import annotations

from typing import List, Tuple

import numpy as np

MAX_SPAN_WORDS = 10
SPAN_PROBABILITIES = 0.2 * 0.8 ** np.arange(MAX_SPAN_WORDS) / (1 - 0.8**MAX_SPAN_WORDS)
NGRAM_PROBABILITIES = np.array([1, 1 / 2, 1 / 3]) / (1 + 1 / 2 + 1 / 3)
MAX_FAILURES = 10  # masking ends after this many samples that were too long; such a sequence has slightly fewer predictions


def mask_tokens(
    input_ids: np.ndarray,
    word_starts: np.ndarray,
    special_tokens_mask: np.ndarray,
    masking: str,
    masked_lm_prob: float,
    mask_id: int,
    replacement_ids: np.ndarray,
    rng: np.random.Generator,
) -> Tuple[np.ndarray, np.ndarray]:
    """Masks one sequence of S tokens. Returns the masked input_ids, int [S], and masked_lm_positions, int64 [M], sorted.

    `input_ids`: int [S]
    `word_starts`: bool [S], whether the token begins a word
    `special_tokens_mask`: bool [S], tokens that are never masked
    `masking`: token, whole_word, ngram or span
    `masked_lm_prob`: the share of predicted tokens among the tokens that are not special. With `token`, M is this share, rounded;
    with the other strategies, it may be smaller. At least one token or word is predicted.
    `replacement_ids`: random tokens are drawn from these ids.
    """
    max_predictions = max(1, round(masked_lm_prob * int((~special_tokens_mask).sum())))
    units = _sample_units(word_starts, special_tokens_mask, masking, max_predictions, rng)
    positions = np.concatenate([np.zeros(0, np.int64), *units])
    if masking == "span":  # one draw per span decides for all its tokens
        draws = np.repeat(rng.random(len(units)), [len(unit) for unit in units])
    else:
        draws = rng.random(len(positions))
    masked_ids = input_ids.copy()
    masked_ids[positions[draws < 0.8]] = mask_id  # 80 %: [MASK]; from 0.8 to 0.9: unchanged
    random_positions = positions[draws >= 0.9]  # 10 %: a random token
    masked_ids[random_positions] = replacement_ids[rng.integers(0, len(replacement_ids), len(random_positions))]
    return masked_ids, np.sort(positions)


def _sample_units(
    word_starts: np.ndarray, special_tokens_mask: np.ndarray, masking: str, max_predictions: int, rng: np.random.Generator
) -> List[np.ndarray]:
    """The positions of each unit, int64. All units together have at most `max_predictions` positions, or are one word."""
    maskable = np.flatnonzero(~special_tokens_mask)
    if masking == "token":
        return list(rng.permutation(maskable)[:max_predictions, None])
    # The first token after a special token begins a word too, so no word continues across [SEP].
    begins_word = word_starts[maskable] | np.append(True, np.diff(maskable) > 1)
    words = np.split(maskable, np.flatnonzero(begins_word)[1:])
    word_lengths = np.array([len(word) for word in words])
    sep_after = np.array([word[-1] + 1 < next_word[0] for word, next_word in zip(words, words[1:])], bool)  # [words - 1]
    masked_words = np.zeros(len(words), bool)
    units, remaining, failures = [], max_predictions, 0
    while remaining > 0 and failures < MAX_FAILURES and not masked_words.all():
        first, count = _sample_words(masked_words, sep_after, _sample_count(masking, rng), rng)
        fitting = int((np.cumsum(word_lengths[first : first + count]) <= remaining).sum())
        count = min(count, max(fitting, not units))  # truncates the last unit; the first unit keeps at least one word
        if not count:
            failures += 1
            continue
        masked_words[first : first + count] = True
        units.append(np.concatenate(words[first : first + count]))
        remaining -= len(units[-1])
    return units


def _sample_count(masking: str, rng: np.random.Generator) -> int:
    """The number of words of one unit."""
    if masking == "whole_word":
        return 1
    if masking == "ngram":
        return int(rng.choice(3, p=NGRAM_PROBABILITIES)) + 1
    return int(rng.choice(MAX_SPAN_WORDS, p=SPAN_PROBABILITIES)) + 1


def _sample_words(masked_words: np.ndarray, sep_after: np.ndarray, max_count: int, rng: np.random.Generator) -> Tuple[int, int]:
    """Chooses consecutive words of one segment that are not masked yet. Returns (index of the first word, number of words).

    The number is `max_count` if the words that are left allow it, else the largest possible number. It is fixed before the index
    is drawn: to draw the index first would favour short units.
    """
    masked_before = np.append(0, np.cumsum(masked_words))  # [words + 1], masked words before each word
    seps_before = np.append(0, np.cumsum(sep_after))  # [words], separators before each word
    for count in range(min(max_count, len(masked_words)), 0, -1):
        none_masked = masked_before[count:] == masked_before[: len(masked_before) - count]
        same_segment = seps_before[count - 1 :] == seps_before[: len(seps_before) - count + 1]
        indices = np.flatnonzero(none_masked & same_segment)
        if len(indices):
            return int(rng.choice(indices)), count
    raise ValueError("all words are masked")
