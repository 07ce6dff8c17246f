"""A checkpoint's vocabulary -> one fast tokenizer (the batched Rust WordPiece of the `tokenizers` library)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Dict, List

from tokenizers import Tokenizer, models, processors

from app.atomic import write_json, write_text
from app.errors import UserError
from app.text.vocab import normalizer, pre_tokenizer, read_vocabulary, write_vocabulary


class PairTokenizer:
    """Text -> WordPiece ids, many texts at once, without special tokens (`encode.py` places those).

    Special tokens are not looked for in the text: somebody who types "[SEP]" gets three ordinary pieces.
    """

    def __init__(self, vocabulary: Dict[str, int], lowercase: bool = True):
        self.vocabulary, self.lowercase = vocabulary, lowercase
        self.pad_id, self.unk_id, self.cls_id, self.sep_id = (vocabulary[token] for token in ("[PAD]", "[UNK]", "[CLS]", "[SEP]"))
        self._tokenizer = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]"))
        self._tokenizer.normalizer = normalizer(lowercase)
        self._tokenizer.pre_tokenizer = pre_tokenizer()

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
        return [encoding.ids for encoding in self._tokenizer.encode_batch_fast(texts, add_special_tokens=False)]

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
