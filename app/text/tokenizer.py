"""A checkpoint's vocabulary -> WordPiece token ids, by the batched Rust WordPiece of the `tokenizers` library."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Dict, List, Optional, Sequence

from tokenizers import Tokenizer, models, pre_tokenizers, processors

from app.atomic import write_text
from app.text.basic_tokenizer import PADDLENLP, BasicTokenizer
from app.text.tokenizer_config import read_tokenizer_config, write_tokenizer_config
from app.text.tokenizer_json import TOKENIZER_JSON
from app.text.vocabulary import SPECIAL_TOKENS, UNUSED, VOCABULARY, write_vocabulary


class WordPieceTokenizer:
    """Text -> WordPiece ids, many texts at once, without special tokens (`features.py` adds those).

    Special tokens are not searched in the text: a user who types "[SEP]" gets three ordinary pieces.
    `FastWordPieceTokenizer` gives the same ids in less time.
    """

    def __init__(
        self,
        vocabulary: Dict[str, int],
        lowercase: bool = True,
        basic: Optional[BasicTokenizer] = None,
        special: Sequence[str] = tuple(SPECIAL_TOKENS),
    ):
        """`special`: the five special tokens, in the order of SPECIAL_TOKENS. `basic`: how texts are cleaned and split."""
        self.vocabulary, self.basic, self.special = vocabulary, basic or BasicTokenizer(lowercase=lowercase), tuple(special)
        self.pad_id, self.unk_id, self.cls_id, self.sep_id, self.mask_id = (vocabulary[token] for token in special)
        self._tokenizer = Tokenizer(models.WordPiece(vocabulary, unk_token=special[1]))
        self._tokenizer.normalizer = self.basic.normalizer()
        self._tokenizer.pre_tokenizer = self.basic.pre_tokenizer()
        self._split_words = self.basic.split_function()
        self._word_pieces = Tokenizer(models.WordPiece(vocabulary, unk_token=special[1]))  # of texts that are split already
        self._word_pieces.pre_tokenizer = pre_tokenizers.WhitespaceSplit()

    @classmethod
    def load(cls, folder: Path) -> "WordPieceTokenizer":
        """The tokenizer of a model folder. Its ids are those of the library that the model comes from."""
        vocabulary, basic, special = read_tokenizer_config(Path(folder))
        return cls(vocabulary, basic=basic, special=special)

    @property
    def size(self) -> int:
        """The largest id plus one."""
        return max(self.vocabulary.values()) + 1

    def ids(self, texts: List[str]) -> List[List[int]]:
        """Token ids of each text."""
        tokenizer = self._tokenizer
        if self.basic.library == PADDLENLP:  # its splitting has no counterpart in Rust
            tokenizer, texts = self._word_pieces, [" ".join(self._split_words(text)) for text in texts]
        return [encoding.ids for encoding in tokenizer.encode_batch_fast(texts, add_special_tokens=False)]

    @property
    def hash(self) -> str:
        """SHA-256 of everything that the token ids depend on."""
        return hashlib.sha256(self._tokenizer.to_str().encode()).hexdigest()

    def save(self, folder: Path) -> None:
        """Writes `vocab.txt`, `tokenizer_config.json` and `tokenizer.json`, which PaddleNLP and `tokenizers` read."""
        folder = Path(folder)
        by_id = {number: token for token, number in self.vocabulary.items()}
        write_vocabulary(folder / VOCABULARY, (by_id.get(number, f"{UNUSED}-{number}]") for number in range(self.size)))
        write_tokenizer_config(folder, self.basic, self.special)
        complete = Tokenizer.from_str(self._tokenizer.to_str())
        _, _, cls, sep, _ = self.special
        complete.post_processor = processors.BertProcessing((sep, self.sep_id), (cls, self.cls_id))
        complete.add_special_tokens(list(self.special))
        write_text(folder / TOKENIZER_JSON, complete.to_str(pretty=False))
