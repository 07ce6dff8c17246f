"""`tokenizer.json`, as Hugging Face's `tokenizers` writes it: read where it is BERT's WordPiece, else refused in one line."""

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
    """What a tokenizer.json says."""

    vocabulary: Dict[str, int]
    added: Dict[str, int]  # tokens that are looked for in the text before it is split, the special ones among them
    unk_token: str
    basic: BasicTokenizer
    pair: Optional[Dict[str, list]]  # the tokens and segment ids of a pair of empty texts; None where it does not say


def read_tokenizer_json(folder: Path) -> Optional[TokenizerJson]:
    """The folder's tokenizer.json; None where there is none. Raises UserError where it is damaged, or not BERT's WordPiece."""
    file = folder / TOKENIZER_JSON
    if not file.is_file():
        return None
    try:
        tokenizer = Tokenizer.from_str(file.read_text(encoding="utf-8"))
        tokenizer.no_truncation(), tokenizer.no_padding()
    except Exception as problem:  # the library raises nothing more special
        raise UserError(f"{file}: damaged ({problem})") from problem
    wrong = _not_berts(tokenizer)
    if wrong:
        raise UserError(f"{file}: its {wrong} is not BERT's WordPiece, which is all that is read here")
    normalizer, pair = tokenizer.normalizer, tokenizer.encode("", "")
    return TokenizerJson(
        tokenizer.get_vocab(with_added_tokens=False),
        {token.content: number for number, token in tokenizer.get_added_tokens_decoder().items()},
        tokenizer.model.unk_token,
        BasicTokenizer(_splits_like(tokenizer), normalizer.lowercase, normalizer.strip_accents, normalizer.handle_chinese_chars),
        dict(tokens=pair.tokens, segments=pair.type_ids) if tokenizer.post_processor else None,
    )


def _not_berts(tokenizer: Tokenizer) -> str:
    """The first part that is of another kind than BERT's; empty where all are BERT's."""
    model, normalizer = tokenizer.model, tokenizer.normalizer
    if not isinstance(model, models.WordPiece):
        return f"model {type(model).__name__}"
    if not isinstance(normalizer, normalizers.BertNormalizer):
        return f"normalizer {type(normalizer).__name__}"
    parts = {
        "normalizer without clean_text": normalizer.clean_text,
        "pre_tokenizer": _splits_like(tokenizer),
        "continuing_subword_prefix": model.continuing_subword_prefix == "##",
        "max_input_chars_per_word": model.max_input_chars_per_word == 100,
    }
    return next((name for name, fine in parts.items() if not fine), "")


def _splits_like(tokenizer: Tokenizer) -> str:
    """Whose splitting it has; empty where it is neither's."""
    splitting = tokenizer.pre_tokenizer
    if isinstance(splitting, pre_tokenizers.BertPreTokenizer):
        return HUGGING_FACE
    ours = BasicTokenizer(PADDLENLP).pre_tokenizer()
    return PADDLENLP if splitting and splitting.__getstate__() == ours.__getstate__() else ""
