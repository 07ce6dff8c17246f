"""BERT's cleaning and splitting, as the two libraries do it whose models are published. Their token ids differ.

Hugging Face    `tokenizers` (Rust): white space and punctuation part words.                        100℃ -> 100 ##℃
PaddleNLP       `BasicTokenizer` (Python): symbols do as well, and a few letters; newer Unicode.     100℃ -> 100 ℃
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import Callable, List, Optional

from tokenizers import Regex, normalizers, pre_tokenizers

HUGGING_FACE, PADDLENLP = "huggingface", "paddlenlp"
# What PaddleNLP's `_is_symbol` names beside Unicode's symbols: soft hyphen, ² º 〇 µ Ø ŋ Ʊ.
MORE_SYMBOLS = "\u00ad\u00b2\u00ba\u3007\u00b5\u00d8\u014b\u01b1"
LEFT_OUT = ("Cc", "Cf", "Cn", "Co", "Mn", "Zl", "Zp", "Zs")  # categories of Unicode
CHINESE = ((0x4E00, 0x9FFF), (0x3400, 0x4DBF), (0x20000, 0x2A6DF), (0x2A700, 0x2CEAF), (0xF900, 0xFAFF), (0x2F800, 0x2FA1F))


def is_blank(text: str) -> bool:
    """Whether cleaning leaves nothing of it: white space, control, format and combining characters alone."""
    if text[:1].isalnum():  # nearly all
        return False
    return all(unicodedata.category(letter) in LEFT_OUT or letter == "\ufffd" for letter in text)


@dataclass(frozen=True)
class BasicTokenizer:
    """How texts are cleaned and split, before WordPiece."""

    library: str = HUGGING_FACE
    lowercase: bool = True
    strip_accents: Optional[bool] = None  # None: with lower case
    chinese_characters: bool = True  # whether each stands alone

    def normalizer(self) -> normalizers.Normalizer:
        """The cleaning in Rust: control characters out, a space around each Chinese character, accents off with lower case."""
        return normalizers.BertNormalizer(True, self.chinese_characters, self.strip_accents, self.lowercase)

    def pre_tokenizer(self) -> pre_tokenizers.PreTokenizer:
        """The splitting in Rust; for PaddleNLP up to symbols that Unicode has got since Rust's table was made."""
        plain = pre_tokenizers.BertPreTokenizer()
        if self.library == HUGGING_FACE:
            return plain
        return pre_tokenizers.Sequence([plain, pre_tokenizers.Split(Regex(rf"[\p{{S}}{MORE_SYMBOLS}]"), "isolated")])

    def split_function(self) -> Callable[[str], List[str]]:
        """A function that cleans a text and splits it into words and characters, exactly as the library does."""
        if self.library == PADDLENLP:
            return self._split_as_paddlenlp
        normalizer, pre_tokenizer = self.normalizer(), self.pre_tokenizer()
        return lambda text: [word for word, _ in pre_tokenizer.pre_tokenize_str(normalizer.normalize_str(text))]

    def _split_as_paddlenlp(self, text: str) -> List[str]:
        """What `tokenize` of `paddlenlp.transformers.BertTokenizer` does before WordPiece."""
        if self.lowercase:  # letter by letter: a Σ is always σ
            text = "".join(letter.lower() for letter in text)
        cleaned = "".join(self._cleaned(letter) for letter in text)
        split = []
        for word in cleaned.split():
            if self.strip_accents or (self.lowercase and self.strip_accents is None):
                decomposed = unicodedata.normalize("NFD", word)
                word = "".join(letter for letter in decomposed if unicodedata.category(letter) != "Mn")
            split.append("".join(f" {letter} " if _stands_alone(letter) else letter for letter in word))
        return " ".join(split).split()

    def _cleaned(self, letter: str) -> str:
        category = unicodedata.category(letter)
        if letter in "\t\n\r" or category == "Zs":
            return " "
        if letter == "\ufffd" or category[0] == "C":
            return ""
        if self.chinese_characters and any(first <= ord(letter) <= last for first, last in CHINESE):
            return f" {letter} "
        return letter


def _stands_alone(letter: str) -> bool:
    """Punctuation (all ASCII but letters, digits and spaces among it) and symbols."""
    if letter.isascii():
        return not letter.isalnum() and letter > " " and letter != "\x7f"
    return unicodedata.category(letter)[0] in "PS" or letter in MORE_SYMBOLS
