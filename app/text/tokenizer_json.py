"""Reads `tokenizer.json`, the file of Hugging Face's `tokenizers`. Only BERT's WordPiece is supported."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Dict, Optional

from tokenizers import Tokenizer, models, normalizers, pre_tokenizers

from app.errors import UserError
from app.text.basic_tokenizer import HUGGING_FACE, PADDLENLP, BasicTokenizer

TOKENIZER_JSON = "tokenizer.json"


@dataclass(frozen=True)
class TokenizerJson:
    """The content of a tokenizer.json."""

    vocabulary: Dict[str, int]
    added: Dict[str, int]  # added tokens -> ids: tokens that are searched in the text before it is split; special tokens included
    unk_token: str
    basic: BasicTokenizer
    pair: Optional[Dict[str, list]]  # tokens and segment ids of a pair of empty texts; None without a post_processor


def read_tokenizer_json(folder: Path) -> Optional[TokenizerJson]:
    """The content of the folder's tokenizer.json; None if there is no such file.

    Raises UserError if the file is damaged or is not BERT's WordPiece.
    """
    file = folder / TOKENIZER_JSON
    if not file.is_file():
        return None
    try:
        tokenizer = Tokenizer.from_str(file.read_text(encoding="utf-8"))
        tokenizer.no_truncation(), tokenizer.no_padding()
    except Exception as problem:  # the library raises no more specific type
        raise UserError(f"{file}: damaged ({problem})") from problem
    unsupported = _unsupported(tokenizer)
    if unsupported:
        raise UserError(f"{file}: its {unsupported} is not BERT's WordPiece, the only tokenizer that is supported")
    normalizer, pair = tokenizer.normalizer, tokenizer.encode("", "")
    library = _library_of(tokenizer)
    return TokenizerJson(
        tokenizer.get_vocab(with_added_tokens=False),
        {token.content: number for number, token in tokenizer.get_added_tokens_decoder().items()},
        tokenizer.model.unk_token,
        BasicTokenizer(library, normalizer.lowercase, normalizer.strip_accents, normalizer.handle_chinese_chars),
        dict(tokens=pair.tokens, segments=pair.type_ids) if tokenizer.post_processor else None,
    )


def _unsupported(tokenizer: Tokenizer) -> str:
    """The first component or setting that differs from BERT's; empty if there is none."""
    model, normalizer = tokenizer.model, tokenizer.normalizer
    if not isinstance(model, models.WordPiece):
        return f"model {type(model).__name__}"
    if not isinstance(normalizer, normalizers.BertNormalizer):
        return f"normalizer {type(normalizer).__name__}"
    supported = {
        "normalizer without clean_text": normalizer.clean_text,
        "pre_tokenizer": _library_of(tokenizer),
        "continuing_subword_prefix": model.continuing_subword_prefix == "##",
        "max_input_chars_per_word": model.max_input_chars_per_word == 100,
    }
    return next((name for name, is_supported in supported.items() if not is_supported), "")


def _library_of(tokenizer: Tokenizer) -> str:
    """The library whose pre_tokenizer it has, see `BasicTokenizer.pre_tokenizer`; empty if it is another one."""
    pre_tokenizer = tokenizer.pre_tokenizer
    if isinstance(pre_tokenizer, pre_tokenizers.BertPreTokenizer):
        return HUGGING_FACE
    paddlenlp = BasicTokenizer(PADDLENLP).pre_tokenizer()
    return PADDLENLP if pre_tokenizer and pre_tokenizer.__getstate__() == paddlenlp.__getstate__() else ""
