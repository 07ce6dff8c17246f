"""BERT's basic tokenization (cleaning, splitting into words), as two libraries implement it. Their token ids differ.

Hugging Face    `tokenizers` (Rust): white space and punctuation separate words.                    100℃ -> 100 ##℃
PaddleNLP       `BasicTokenizer` (Python): symbols and some letters do too; newer Unicode data.     100℃ -> 100 ℃
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import Callable, List, Optional

from tokenizers import Regex, normalizers, pre_tokenizers

HUGGING_FACE, PADDLENLP = "huggingface", "paddlenlp"
# Characters that PaddleNLP's `_is_symbol` lists in addition to Unicode's symbols: soft hyphen, ² º 〇 µ Ø ŋ Ʊ.
EXTRA_SYMBOLS = "\u00ad\u00b2\u00ba\u3007\u00b5\u00d8\u014b\u01b1"
BLANK_CATEGORIES = ("Cc", "Cf", "Cn", "Co", "Mn", "Zl", "Zp", "Zs")  # Unicode categories that leave no token
CHINESE_RANGES = (
    (0x4E00, 0x9FFF), (0x3400, 0x4DBF), (0x20000, 0x2A6DF), (0x2A700, 0x2CEAF), (0xF900, 0xFAFF), (0x2F800, 0x2FA1F),
)  # fmt: skip


def is_blank(text: str) -> bool:
    """Whether cleaning leaves nothing of the text: it has only white space, control, format and combining characters."""
    if text[:1].isalnum():  # a shortcut for nearly all texts
        return False
    return all(unicodedata.category(character) in BLANK_CATEGORIES or character == "\ufffd" for character in text)


@dataclass(frozen=True)
class BasicTokenizer:
    """How texts are cleaned and split into words, before WordPiece."""

    library: str = HUGGING_FACE
    lowercase: bool = True
    strip_accents: Optional[bool] = None  # None: the same as `lowercase`
    chinese_characters: bool = True  # whether each Chinese character is a word by itself

    def normalizer(self) -> normalizers.Normalizer:
        """The cleaning in Rust: control characters, spaces around Chinese characters, lower case, accents."""
        return normalizers.BertNormalizer(True, self.chinese_characters, self.strip_accents, self.lowercase)

    def pre_tokenizer(self) -> pre_tokenizers.PreTokenizer:
        """The splitting in Rust. For PaddleNLP it misses symbols that are newer than the Unicode data of the Rust library."""
        bert = pre_tokenizers.BertPreTokenizer()
        if self.library == HUGGING_FACE:
            return bert
        return pre_tokenizers.Sequence([bert, pre_tokenizers.Split(Regex(rf"[\p{{S}}{EXTRA_SYMBOLS}]"), "isolated")])

    def split_function(self) -> Callable[[str], List[str]]:
        """A function that cleans a text and splits it into words, exactly as the library does."""
        if self.library == PADDLENLP:
            return self._split_as_paddlenlp
        normalizer, pre_tokenizer = self.normalizer(), self.pre_tokenizer()
        return lambda text: [word for word, _ in pre_tokenizer.pre_tokenize_str(normalizer.normalize_str(text))]

    def _split_as_paddlenlp(self, text: str) -> List[str]:
        """What `tokenize` of `paddlenlp.transformers.BertTokenizer` does before WordPiece."""
        if self.lowercase:  # each character alone: lower() of a text would turn a final Σ into ς instead of σ
            text = "".join(character.lower() for character in text)
        cleaned = "".join(self._clean(character) for character in text)
        words = []
        for word in cleaned.split():
            if self.strip_accents or (self.lowercase and self.strip_accents is None):
                decomposed = unicodedata.normalize("NFD", word)
                word = "".join(character for character in decomposed if unicodedata.category(character) != "Mn")
            words.append("".join(f" {character} " if _is_separator(character) else character for character in word))
        return " ".join(words).split()

    def _clean(self, character: str) -> str:
        category = unicodedata.category(character)
        if character in "\t\n\r" or category == "Zs":
            return " "
        if character == "\ufffd" or category[0] == "C":
            return ""
        if self.chinese_characters and any(first <= ord(character) <= last for first, last in CHINESE_RANGES):
            return f" {character} "
        return character


def _is_separator(character: str) -> bool:
    """Whether PaddleNLP makes it a word by itself: symbols and punctuation, all visible ASCII but letters and digits included."""
    if character.isascii():
        return not character.isalnum() and character > " " and character != "\x7f"
    return unicodedata.category(character)[0] in "PS" or character in EXTRA_SYMBOLS
