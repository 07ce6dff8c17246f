"""Texts -> a WordPiece vocabulary (single characters for Chinese, word pieces for other words), and its file, `vocab.txt`."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Dict, Iterable, List, Sequence

import numpy as np
from tokenizers import Tokenizer, models, trainers

from app.atomic import write_text
from app.errors import UserError
from app.text.basic_tokenizer import BasicTokenizer
from app.text.character_table import CharacterTable

VOCABULARY = "vocab.txt"
UNUSED = "[unused"  # prefix of reserved tokens, which occur in no text
SPECIAL_TOKENS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]  # ids 0 to 4; PaddleNLP's models assume that [PAD] is 0
MAX_CHARACTER_SHARE = 0.8  # share of a vocabulary that single characters may occupy


def count_words(texts: List[str]) -> Counter:
    """How often each word occurs in the texts, cleaned and split as BERT does. A Chinese character is a word."""
    table = CharacterTable(BasicTokenizer().split_function())
    split = table.split(texts)
    codes, times = np.unique(split.codes[split.alone], return_counts=True)
    counts: Counter = Counter()
    for code, count in zip(codes.tolist(), times.tolist()):
        counts[table.cleaned(code)] += count
    for word, count in Counter(split.words).items():
        for cleaned in table.split_one(word):
            counts[cleaned] += count
    return counts


def learn_vocabulary(counts: Counter, size: int, min_frequency: int = 2) -> List[str]:
    """Learns a vocabulary of at most `size` tokens from the result of `count_words`. The same counts give the same vocabulary.

    Characters that occur less than `min_frequency` times become [UNK], so the model sees [UNK] in training. The rarest characters
    beyond MAX_CHARACTER_SHARE of the vocabulary are left out as well: word pieces are worth more than rare characters.
    """
    character_counts: Counter = Counter()
    for word, count in counts.items():
        for character in word:
            character_counts[character] += count
    by_frequency = sorted(character_counts, key=lambda character: (-character_counts[character], character))
    frequent = [character for character in by_frequency if character_counts[character] >= min_frequency]
    alphabet = frequent[: int(MAX_CHARACTER_SHARE * size)]
    alphabet_set = set(alphabet)
    # The library breaks ties by the order in which it meets words and characters. Its own order is that of a hash table, which
    # changes from run to run. So it gets the words sorted, and all their characters ("##" forms too) as special tokens.
    words = [word for word in sorted(counts) if len(word) > 1 and set(word) <= alphabet_set]
    continuations = sorted({"##" + character for word in words for character in word[1:]})
    occurrences = (word for word in words for _ in range(counts[word]))
    trainer = trainers.WordPieceTrainer(
        vocab_size=size,
        min_frequency=min_frequency,
        special_tokens=SPECIAL_TOKENS + alphabet + continuations,
        show_progress=False,
    )
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.pre_tokenizer = BasicTokenizer().pre_tokenizer()
    tokenizer.train_from_iterator(occurrences, trainer)
    learned = tokenizer.get_vocab()
    word_pieces = sorted(set(learned) - alphabet_set - set(SPECIAL_TOKENS))
    return (SPECIAL_TOKENS + alphabet + word_pieces)[:size]


def read_vocabulary(path: Path, special: Sequence[str] = SPECIAL_TOKENS) -> Dict[str, int]:
    """Reads a `vocab.txt` with one token per line (BERT) or one `token<TAB>id` per line (ERNIE). Returns token -> id.

    Raises UserError if the file has neither format, or if one of the `special` tokens is missing.
    """
    try:
        lines = path.read_text(encoding="utf-8").rstrip("\n").split("\n")
    except (OSError, UnicodeDecodeError) as problem:
        raise UserError(f"{path}: cannot be read as a vocabulary ({problem})") from problem
    rows = [line.rstrip("\r").split("\t") for line in lines]
    tokens, ids = [row[0] for row in rows], list(range(len(rows)))
    if any(len(row) > 1 for row in rows):
        ids = _parse_ids(path, rows)
    if lines == [""]:
        raise UserError(f"{path}: is empty")
    for line, token in enumerate(tokens, 1):
        if token.strip(" ") != token or not token:
            raise UserError(f"{path}: damaged, line {line} is {token!r}: a token must not be empty, or begin or end with a space")
    repeated = [token for token in special if tokens.count(token) > 1]
    if repeated:
        raise UserError(f"{path}: damaged, it contains {repeated[0]} twice")
    vocabulary = dict(zip(tokens, ids))  # ERNIE's vocabulary contains an ordinary token twice: the last id counts
    check_special_tokens(path, vocabulary, special)
    return vocabulary


def _parse_ids(path: Path, rows: List[List[str]]) -> List[int]:
    """The ids of ERNIE's format: each of 0 to N - 1 once, in any order."""
    invalid = [line for line, row in enumerate(rows, 1) if len(row) != 2 or not row[1].isascii() or not row[1].isdigit()]
    if invalid:
        raise UserError(f"{path}: damaged, line {invalid[0]} is not TOKEN<TAB>ID, but other lines are")
    ids = [int(number) for _, number in rows]
    if set(ids) != set(range(len(rows))):
        raise UserError(f"{path}: damaged, its {len(rows):,} ids are not 0 to {len(rows) - 1}, each once")
    return ids


def check_special_tokens(file: Path, vocabulary: Dict[str, int], special: Sequence[str]) -> None:
    """Raises UserError if a special token is not in the file's vocabulary, or if two special tokens are the same."""
    missing = [token for token in special if token not in vocabulary]
    if missing:
        raise UserError(f"{file}: no {' '.join(missing)}; a WordPiece vocabulary must contain the special tokens")
    if len(set(special)) < len(special):
        raise UserError(f"{file}: of the special tokens {' '.join(special)} two are the same")


def write_vocabulary(path: Path, tokens: Iterable[str]) -> None:
    """Writes one token per line, in the order of the ids."""
    write_text(path, "".join(token + "\n" for token in tokens))
