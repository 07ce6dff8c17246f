"""Texts -> a WordPiece vocabulary: single characters for Chinese, word pieces for everything else."""

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
UNUSED = "[unused"  # tokens that begin so are in no text
SPECIAL_TOKENS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]  # ids 0 to 4, PAD = 0 as PaddleNLP's models assume
LETTERS = 0.8  # share of a vocabulary that single letters and characters may take


def count_words(texts: List[str]) -> Counter:
    """How often each word (a Chinese character counts as one) occurs in the texts, cleaned and split as BERT does."""
    table = CharacterTable(BasicTokenizer().split_function())
    split = table.split(texts)
    codes, times = np.unique(split.codes[split.alone], return_counts=True)
    counts: Counter = Counter()
    for code, count in zip(codes.tolist(), times.tolist()):
        counts[table.cleaned(code)] += count
    for word, count in Counter(split.words).items():
        for piece in table.split_one(word):
            counts[piece] += count
    return counts


def learn_vocabulary(counts: Counter, size: int, min_frequency: int = 2) -> List[str]:
    """Learns a vocabulary of at most `size` tokens from `count_words`; the same counts always give the same one.

    What occurs less than `min_frequency` times becomes [UNK]; so [UNK] occurs in training and has a meaning. Letters take
    LETTERS of the room at most, the rarest left out: word pieces are worth more than characters seen a few times.
    """
    letters: Counter = Counter()
    for word, count in counts.items():
        for letter in word:
            letters[letter] += count
    by_frequency = sorted(letters, key=lambda letter: (-letters[letter], letter))
    alphabet = [letter for letter in by_frequency if letters[letter] >= min_frequency][: int(LETTERS * size)]
    kept = set(alphabet)
    # The library breaks ties by the order in which it meets words and letters, and that is a hash table's, which changes
    # from run to run. It gets words in a fixed order, and all their letters, inner ones too, numbered beforehand.
    pieced = [word for word in sorted(counts) if len(word) > 1 and set(word) <= kept]
    inner = sorted({"##" + letter for word in pieced for letter in word[1:]})
    words = (word for word in pieced for _ in range(counts[word]))
    trainer = trainers.WordPieceTrainer(
        vocab_size=size, min_frequency=min_frequency, special_tokens=SPECIAL_TOKENS + alphabet + inner, show_progress=False
    )
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.pre_tokenizer = BasicTokenizer().pre_tokenizer()
    tokenizer.train_from_iterator(words, trainer)
    learned = tokenizer.get_vocab()
    pieces = sorted(set(learned) - kept - set(SPECIAL_TOKENS))
    return (SPECIAL_TOKENS + alphabet + pieces)[:size]


def read_vocabulary(path: Path, special: Sequence[str] = SPECIAL_TOKENS) -> Dict[str, int]:
    """Reads a `vocab.txt`: one token a line (BERT) or `token<TAB>id` (ERNIE). Raises UserError where it is neither, or lacks one
    of the `special` tokens.
    """
    try:
        lines = path.read_text(encoding="utf-8").rstrip("\n").split("\n")
    except (OSError, UnicodeDecodeError) as problem:
        raise UserError(f"{path}: cannot be read as a vocabulary ({problem})") from problem
    rows = [line.rstrip("\r").split("\t") for line in lines]
    tokens, numbers = [row[0] for row in rows], list(range(len(rows)))
    if any(len(row) > 1 for row in rows):
        numbers = _numbers(path, rows)
    if lines == [""]:
        raise UserError(f"{path}: is empty")
    for line, token in enumerate(tokens, 1):
        if token.strip(" ") != token or not token:
            raise UserError(f"{path}: damaged, line {line} is {token!r}: no token is empty, or begins or ends with a space")
    twice = [token for token in special if tokens.count(token) > 1]
    if twice:
        raise UserError(f"{path}: damaged, {twice[0]} stands there twice")
    vocabulary = dict(zip(tokens, numbers))  # ERNIE's own has a token twice: the last one counts
    check_special_tokens(path, vocabulary, special)
    return vocabulary


def _numbers(path: Path, rows: List[List[str]]) -> List[int]:
    """The ids of ERNIE's rows, each of 0 to N - 1 once, in any order."""
    odd = [number for number, row in enumerate(rows, 1) if len(row) != 2 or not row[1].isascii() or not row[1].isdigit()]
    if odd:
        raise UserError(f"{path}: damaged, line {odd[0]} is no TOKEN<TAB>ID, and others are")
    numbers = [int(number) for _, number in rows]
    if set(numbers) != set(range(len(rows))):
        raise UserError(f"{path}: damaged, its {len(rows):,} ids are not 0 to {len(rows) - 1}, each once")
    return numbers


def check_special_tokens(file: Path, vocabulary: Dict[str, int], special: Sequence[str]) -> None:
    """Raises UserError where the file's vocabulary lacks one of the special tokens, or one stands for two."""
    missing = [token for token in special if token not in vocabulary]
    if missing:
        raise UserError(f"{file}: no {' '.join(missing)}; a WordPiece vocabulary with the special tokens is needed")
    if len(set(special)) < len(special):
        raise UserError(f"{file}: of the special tokens {' '.join(special)} two are the same")


def write_vocabulary(path: Path, tokens: Iterable[str]) -> None:
    """Writes one token a line, in the order of their ids."""
    write_text(path, "".join(token + "\n" for token in tokens))
