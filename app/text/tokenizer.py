"""A checkpoint's vocabulary -> one fast tokenizer (the batched Rust WordPiece of the `tokenizers` library)."""

from __future__ import annotations

import hashlib
import itertools
from pathlib import Path
from typing import Dict, List, Optional, Sequence, Tuple

import numpy as np
from tokenizers import Tokenizer, models, pre_tokenizers, processors

from app.atomic import write_text
from app.text.basic import PADDLENLP, Basic
from app.text.split import Splitter
from app.text.tokenizer_json import TOKENIZER_JSON
from app.text.tokenizer_settings import read_settings, write_settings
from app.text.vocab import SPECIAL_TOKENS, UNUSED, VOCABULARY, write_vocabulary

MOST_WORDS = 1 << 16  # distinct words whose ids are remembered


class PairTokenizer:
    """Text -> WordPiece ids, many texts at once, without special tokens (`encode.py` places those).

    Special tokens are not looked for in the text: somebody who types "[SEP]" gets three ordinary pieces.
    """

    def __init__(
        self,
        vocabulary: Dict[str, int],
        lowercase: bool = True,
        basic: Optional[Basic] = None,
        special: Sequence[str] = tuple(SPECIAL_TOKENS),
    ):
        self.vocabulary, self.basic, self.special = vocabulary, basic or Basic(lowercase=lowercase), tuple(special)
        self.pad_id, self.unk_id, self.cls_id, self.sep_id, self.mask_id = (vocabulary[token] for token in special)
        self._tokenizer = Tokenizer(models.WordPiece(vocabulary, unk_token=special[1]))
        self._tokenizer.normalizer = self.basic.normalizer()
        self._tokenizer.pre_tokenizer = self.basic.pre_tokenizer()
        self._pieced = Tokenizer(models.WordPiece(vocabulary, unk_token=special[1]))  # of words that are clean and split already
        self._pieced.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
        self._splitter = Splitter(self.basic.pieces())
        self._by_character = np.full(0x110000, -1, np.int32)
        self._by_word: Dict[str, List[int]] = {}

    @classmethod
    def load(cls, folder: Path) -> "PairTokenizer":
        """The tokenizer of a folder, with the settings that its files say and the token ids of the library that it is from."""
        vocabulary, basic, special = read_settings(Path(folder))
        return cls(vocabulary, basic=basic, special=special)

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
        tokens, lengths, _ = self._flat(texts)
        return tokens, lengths

    def _flat(self, texts: List[str]) -> Tuple[np.ndarray, np.ndarray, np.ndarray]:
        """`flat_ids`, and for each token the place in the joined texts (`Split.original`) of the word that it begins, or -1."""
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
        begun = np.full(len(tokens), -1, np.int64)
        begun[ends[split.alone] - 1] = split.original[split.alone]
        filled = sizes > 0
        begun[(ends[split.begins] - sizes)[filled]] = split.original[split.begins][filled]
        return tokens, np.diff(np.append(0, ends)[split.bounds]), begun

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
        tokenizer, asked = self._tokenizer, new
        if self.basic.library == PADDLENLP:
            tokenizer, asked = self._pieced, [" ".join(self._splitter.pieces(word)) for word in new]
        for word, encoding in zip(new, tokenizer.encode_batch_fast(asked, add_special_tokens=False)):
            known[word] = encoding.ids
        return [known[word] for word in words]

    def word_starts(self, texts: List[str]) -> np.ndarray:
        """Whether each token of `flat_ids` begins a word, as jieba segments Chinese: bool [all tokens]."""
        import jieba

        jieba.setLogLevel("ERROR")
        tokens, _, begun = self._flat(texts)
        begins = np.zeros(sum(map(len, texts)) + len(texts) + 1, bool)  # of the joined texts; the last one is that of -1
        place = 0
        for text in texts:
            begins[[place + begin for _, begin, _ in jieba.tokenize(text)]] = True
            place += len(text) + 1
        return begins[begun] & (begun >= 0)

    @property
    def hash(self) -> str:
        """Tells vocabularies apart: SHA-256 of all that decides on token ids."""
        return hashlib.sha256(self._tokenizer.to_str().encode()).hexdigest()

    def save(self, folder: Path) -> None:
        """Writes `vocab.txt`, `tokenizer_config.json` and `tokenizer.json`, which PaddleNLP and `tokenizers` read."""
        folder = Path(folder)
        by_id = {number: token for token, number in self.vocabulary.items()}
        write_vocabulary(folder / VOCABULARY, (by_id.get(number, f"{UNUSED}-{number}]") for number in range(self.size)))
        write_settings(folder, self.basic, self.special)
        whole = Tokenizer.from_str(self._tokenizer.to_str())
        _, _, cls, sep, _ = self.special
        whole.post_processor = processors.BertProcessing((sep, self.sep_id), (cls, self.cls_id))
        whole.add_special_tokens(list(self.special))
        write_text(folder / TOKENIZER_JSON, whole.to_str(pretty=False))
