"""Texts -> a WordPiece vocabulary: single characters for Chinese, word pieces for everything else."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Dict, Iterable, List

from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, trainers

from app.atomic import write_text
from app.errors import UserError

SPECIAL_TOKENS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]  # ids 0 to 4, PAD = 0 as PaddleNLP's models assume


def normalizer(lowercase: bool) -> normalizers.Normalizer:
    """BERT's cleaning: control characters out, a space around each Chinese character, accents off with lower case."""
    return normalizers.BertNormalizer(lowercase=lowercase)


def pre_tokenizer() -> pre_tokenizers.PreTokenizer:
    """BERT's splitting at white space and punctuation."""
    return pre_tokenizers.BertPreTokenizer()


def learn_vocabulary(texts: List[str], size: int, min_frequency: int = 2) -> List[str]:
    """Learns a vocabulary of at most `size` tokens; the same texts always give the same one.

    What occurs less than `min_frequency` times becomes [UNK]; so [UNK] occurs in training and has a meaning.
    """
    splitter, cleaner = pre_tokenizer(), normalizer(lowercase=True)
    counts: Counter = Counter()
    for begin in range(0, len(texts), 1000):  # many texts a call: a call costs more than a text
        joined = cleaner.normalize_str("\n".join(texts[begin : begin + 1000]))
        counts.update(word for word, _ in splitter.pre_tokenize_str(joined))
    letters: Counter = Counter()
    for word, count in counts.items():
        for letter in word:
            letters[letter] += count
    by_frequency = sorted(letters, key=lambda letter: (-letters[letter], letter))
    alphabet = [letter for letter in by_frequency if letters[letter] >= min_frequency][: size - len(SPECIAL_TOKENS)]
    kept = set(alphabet)
    # The library breaks ties by the order in which it meets words and letters, and that is a hash table's, which changes
    # from run to run. It gets words in a fixed order, and all their letters, inner ones too, numbered beforehand.
    words = [word for word in sorted(counts) for _ in range(counts[word]) if set(word) <= kept and len(word) > 1]
    inner = sorted({"##" + letter for word in set(words) for letter in word[1:]})
    trainer = trainers.WordPieceTrainer(
        vocab_size=size, min_frequency=min_frequency, special_tokens=SPECIAL_TOKENS + alphabet + inner, show_progress=False
    )
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizer()
    tokenizer.train_from_iterator(words, trainer)
    learned = tokenizer.get_vocab()
    pieces = sorted(set(learned) - kept - set(SPECIAL_TOKENS))
    return (SPECIAL_TOKENS + alphabet + pieces)[:size]


def read_vocabulary(path: Path) -> Dict[str, int]:
    """Reads a `vocab.txt`: one token a line (BERT) or `token<TAB>id` (ERNIE). Raises UserError where it is neither."""
    try:
        lines = path.read_text(encoding="utf-8").rstrip("\n").split("\n")
    except (OSError, UnicodeDecodeError) as problem:
        raise UserError(f"{path}: cannot be read as a vocabulary ({problem})") from problem
    rows = [line.rstrip("\r").split("\t") for line in lines]
    if all(len(row) == 2 and row[1].isdigit() for row in rows):
        vocabulary = {token: int(number) for token, number in rows}
    else:
        vocabulary = {row[0]: number for number, row in enumerate(rows)}
    missing = [token for token in SPECIAL_TOKENS if token not in vocabulary]
    if missing:
        raise UserError(f"{path}: no {' '.join(missing)}; a WordPiece vocabulary (one token a line) is needed")
    return vocabulary


def write_vocabulary(path: Path, tokens: Iterable[str]) -> None:
    """Writes one token a line, in the order of their ids."""
    write_text(path, "".join(token + "\n" for token in tokens))
