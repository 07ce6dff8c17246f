"""A checkpoint's vocabulary -> one fast tokenizer (the batched Rust WordPiece of the `tokenizers` library)."""

from __future__ import annotations

import hashlib
import itertools
import json
from pathlib import Path
from typing import Dict, List, Tuple

import numpy as np
from tokenizers import Tokenizer, models, processors

from app.atomic import write_json, write_text
from app.errors import UserError
from app.text.split import Splitter
from app.text.vocab import SPECIAL_TOKENS, normalizer, pre_tokenizer, read_vocabulary, write_vocabulary

MOST_WORDS = 1 << 16  # distinct words whose ids are remembered


class PairTokenizer:
    """Text -> WordPiece ids, many texts at once, without special tokens (`encode.py` places those).

    Special tokens are not looked for in the text: somebody who types "[SEP]" gets three ordinary pieces.
    """

    def __init__(self, vocabulary: Dict[str, int], lowercase: bool = True):
        self.vocabulary, self.lowercase = vocabulary, lowercase
        self.pad_id, self.unk_id, self.cls_id, self.sep_id, self.mask_id = (vocabulary[token] for token in SPECIAL_TOKENS)
        self._tokenizer = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]"))
        self._tokenizer.normalizer = normalizer(lowercase)
        self._tokenizer.pre_tokenizer = pre_tokenizer()
        self._splitter = Splitter(normalizer(lowercase), pre_tokenizer())
        self._by_character = np.full(0x110000, -1, np.int32)
        self._by_word: Dict[str, List[int]] = {}

    @classmethod
    def load(cls, folder: Path) -> "PairTokenizer":
        """Reads `vocab.txt` and, where it is there, `do_lower_case` of `tokenizer_config.json`."""
        folder = Path(folder)
        if not (folder / "vocab.txt").is_file():
            raise UserError(f"{folder}: no vocab.txt (a WordPiece vocabulary, as BERT and ERNIE have) in this folder")
        config = folder / "tokenizer_config.json"
        settings = json.loads(config.read_text(encoding="utf-8")) if config.is_file() else {}
        return cls(read_vocabulary(folder / "vocab.txt"), bool(settings.get("do_lower_case", True)))

    @property
    def size(self) -> int:
        """One more than the largest id."""
        return max(self.vocabulary.values()) + 1

    def ids(self, texts: List[str]) -> List[List[int]]:
        """Token ids of each text."""
        tokens, lengths = self.flat_ids(texts)
        ends = np.cumsum(lengths).tolist()
        flat = tokens.tolist()
        return [flat[begin:end] for begin, end in zip([0, *ends], ends)]

    def flat_ids(self, texts: List[str]) -> Tuple[np.ndarray, np.ndarray]:
        """The same, one text after the other: token ids int32 [all tokens], and how many each text has, int64 [texts].

        Characters that stand alone are looked up in a table; only words go through the library, each distinct one once.
        """
        split = self._splitter.split(texts)
        alone = self._character_ids(split.codes[split.alone])
        of_words = self._word_ids(split.words)
        counts = np.zeros(len(split.codes), np.int64)  # tokens that begin at each character
        counts[split.alone] = 1
        sizes = np.fromiter(map(len, of_words), np.int64, len(of_words))
        counts[split.begins] = sizes
        ends = np.cumsum(counts)
        tokens = np.empty(int(counts.sum()), np.int32)
        tokens[ends[split.alone] - 1] = alone
        flat = np.fromiter(itertools.chain.from_iterable(of_words), np.int32, int(sizes.sum()))
        within = np.arange(len(flat)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
        tokens[np.repeat(ends[split.begins] - sizes, sizes) + within] = flat
        return tokens, np.diff(np.append(0, ends)[split.bounds])

    def _character_ids(self, codes: np.ndarray) -> np.ndarray:
        ids = self._by_character[codes]
        new = np.unique(codes[ids < 0])
        if len(new):
            self._by_character[new] = [self.vocabulary.get(self._splitter.form(code), self.unk_id) for code in new.tolist()]
            ids = self._by_character[codes]
        return ids

    def _word_ids(self, words: List[str]) -> List[List[int]]:
        known = self._by_word
        new = [word for word in dict.fromkeys(words) if word not in known]
        if len(known) + len(new) > MOST_WORDS:  # constant memory, however long the file
            known.clear()
            new = list(dict.fromkeys(words))
        for word, encoding in zip(new, self._tokenizer.encode_batch_fast(new, add_special_tokens=False)):
            known[word] = encoding.ids
        return [known[word] for word in words]

    def word_starts(self, texts: List[str]) -> np.ndarray:
        """Whether each token of `flat_ids` begins a word, as jieba segments Chinese: bool [all tokens]."""
        import jieba

        jieba.setLogLevel("ERROR")
        starts: List[bool] = []
        for text, encoding in zip(texts, self._tokenizer.encode_batch(texts, add_special_tokens=False)):
            words = {begin for _, begin, _ in jieba.tokenize(text)}
            pieces = zip(encoding.offsets, encoding.tokens)
            starts += [begin in words and not token.startswith("##") for (begin, _), token in pieces]
        return np.array(starts, bool)

    @property
    def hash(self) -> str:
        """Tells vocabularies apart: SHA-256 of all that decides on token ids."""
        return hashlib.sha256(self._tokenizer.to_str().encode()).hexdigest()

    def save(self, folder: Path) -> None:
        """Writes `vocab.txt`, `tokenizer_config.json` and `tokenizer.json`, which PaddleNLP and `tokenizers` read."""
        folder = Path(folder)
        by_id = {number: token for token, number in self.vocabulary.items()}
        write_vocabulary(folder / "vocab.txt", (by_id.get(number, f"[unused{number}]") for number in range(self.size)))
        special = {f"{name}_token": f"[{name.upper()}]" for name in ("pad", "unk", "cls", "sep", "mask")}
        settings = {"tokenizer_class": "BertTokenizer", "do_lower_case": self.lowercase, **special}
        write_json(folder / "tokenizer_config.json", settings)
        whole = Tokenizer.from_str(self._tokenizer.to_str())
        whole.post_processor = processors.BertProcessing(("[SEP]", self.sep_id), ("[CLS]", self.cls_id))
        whole.add_special_tokens(list(special.values()))
        write_text(folder / "tokenizer.json", whole.to_str(pretty=False))
