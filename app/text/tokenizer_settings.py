"""`tokenizer_config.json` and `tokenizer.json`: how texts are cleaned and split, the special tokens, whose token ids they are.

What is said there is done, or refused in one line. Folders that this program saves say whose ids they have by their class:
BertTokenizerFast has Hugging Face's, BertTokenizer PaddleNLP's; so PaddleNLP's AutoTokenizer gives the same ids.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Dict, Optional, Tuple

from app.atomic import write_json
from app.errors import UserError
from app.text.basic import HUGGING_FACE, PADDLENLP, Basic
from app.text.vocab import SPECIAL_TOKENS

CONFIG, WHOLE, MAP = "tokenizer_config.json", "tokenizer.json", "special_tokens_map.json"
NAMES = ("pad_token", "unk_token", "cls_token", "sep_token", "mask_token")


def read_settings(folder: Path) -> Tuple[Basic, Tuple[str, ...]]:
    """How the folder's texts are cleaned and split, and its special tokens in the order of SPECIAL_TOKENS.

    Raises UserError where a file is damaged, or says something that is not done here.
    """
    config, whole = _read(folder / CONFIG), _read(folder / WHOLE)
    normalizer = _checked_components(folder / WHOLE, whole)
    if config.get("do_basic_tokenize", True) is not True or config.get("never_split"):
        raise UserError(f"{folder / CONFIG}: do_basic_tokenize false and never_split are not done here")

    def flag(name: str, of_whole: str, default: Optional[bool]) -> Optional[bool]:
        value = config.get(name, normalizer.get(of_whole, default))
        if value is not None and not isinstance(value, bool):
            raise UserError(f"{folder / CONFIG}: {name} is {value!r}; true or false is expected")
        return default if value is None else value

    basic = Basic(
        _library(folder, config, whole),
        bool(flag("do_lower_case", "lowercase", True)),
        flag("strip_accents", "strip_accents", None),
        bool(flag("tokenize_chinese_chars", "handle_chinese_chars", True)),
    )
    named = {**_read(folder / MAP), **config}
    return basic, tuple(_token(folder, named, name, default) for name, default in zip(NAMES, SPECIAL_TOKENS))


def _read(file: Path) -> Dict[str, Any]:
    if not file.is_file():
        return {}
    try:
        values = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as problem:
        raise UserError(f"{file}: damaged ({problem})") from problem
    if not isinstance(values, dict):
        raise UserError(f"{file}: damaged (not a JSON object)")
    return values


def _token(folder: Path, named: Dict[str, Any], name: str, default: str) -> str:
    value = named.get(name, default)
    value = value.get("content") if isinstance(value, dict) else value
    if not isinstance(value, str) or not value:
        raise UserError(f"{folder / CONFIG}: {name} is {value!r}; a token is expected")
    return value


def _checked_components(file: Path, whole: Dict[str, Any]) -> Dict[str, Any]:
    """The normalizer's settings of a tokenizer.json. Raises UserError where it is of another kind than BERT's."""
    if not whole:
        return {}
    model, normalizer = whole.get("model") or {}, whole.get("normalizer") or {}
    wrong = [
        what
        for what, fine in (
            (f"model {model.get('type')}", model.get("type", "WordPiece") == "WordPiece"),
            (f"normalizer {normalizer.get('type')}", normalizer.get("type") == "BertNormalizer"),
            ("normalizer without clean_text", normalizer.get("clean_text", True) is True),
            ("pre_tokenizer", _splits_like(whole) is not None),
            ("continuing_subword_prefix", model.get("continuing_subword_prefix", "##") == "##"),
            ("max_input_chars_per_word", model.get("max_input_chars_per_word", 100) == 100),
        )
        if not fine
    ]
    if wrong:
        raise UserError(f"{file}: its {wrong[0]} is not BERT's WordPiece, which is all that is read here")
    return normalizer


def _splits_like(whole: Dict[str, Any]) -> Optional[str]:
    """Whose splitting a tokenizer.json has; None where it is neither's."""
    splitting = whole.get("pre_tokenizer") or {}
    if splitting.get("type") == "BertPreTokenizer":
        return HUGGING_FACE
    ours = json.loads(Basic(PADDLENLP).pre_tokenizer().__getstate__())
    return PADDLENLP if splitting == ours else None


def _library(folder: Path, config: Dict[str, Any], whole: Dict[str, Any]) -> str:
    """The library that the model is from: by tokenizer.json, which PaddleNLP's folders do not have, else by what only Hugging
    Face's folders have; else PaddleNLP.
    """
    if whole:
        return _splits_like(whole) or HUGGING_FACE
    model = _read(folder / "config.json")
    of_hugging_face = (
        "transformers_version" in model
        or str(config.get("tokenizer_class", "")).endswith("Fast")
        or bool(list(folder.glob("pytorch_model*")))
        or _weights_say_pt(folder / "model.safetensors")
    )
    return HUGGING_FACE if of_hugging_face else PADDLENLP


def _weights_say_pt(file: Path) -> bool:
    """Whether a safetensors file says that it was written by PyTorch."""
    if not file.is_file():
        return False
    with open(file, "rb") as content:
        size = int.from_bytes(content.read(8), "little")
        head = content.read(min(size, 1 << 24))
    try:
        return (json.loads(head).get("__metadata__") or {}).get("format") == "pt"
    except (ValueError, AttributeError):
        return False  # whoever reads the weights says what is wrong with them


def write_settings(folder: Path, basic: Basic, special: Tuple[str, ...]) -> None:
    """Writes `tokenizer_config.json`, as PaddleNLP and Transformers read it."""
    settings: Dict[str, Any] = {
        "tokenizer_class": "BertTokenizerFast" if basic.library == HUGGING_FACE else "BertTokenizer",
        "do_lower_case": basic.lowercase,
        "strip_accents": basic.strip_accents,
        "tokenize_chinese_chars": basic.chinese_characters,
    }
    write_json(folder / CONFIG, {**settings, **dict(zip(NAMES, special))})
