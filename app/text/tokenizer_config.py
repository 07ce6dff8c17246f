"""Reads the tokenizer of a model folder: the vocabulary, the special tokens, how texts are cleaned and split.

Every setting in the files is applied, or refused with a UserError. If `tokenizer_config.json` and `tokenizer.json` differ, the
first decides, as in Transformers. The class name says which library's token ids a saved folder has: BertTokenizerFast means
Hugging Face's, BertTokenizer PaddleNLP's. So PaddleNLP's AutoTokenizer gives the same ids.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Dict, Optional, Tuple

from app.atomic import read_json, write_json
from app.errors import UserError
from app.text.basic_tokenizer import HUGGING_FACE, PADDLENLP, BasicTokenizer
from app.text.tokenizer_json import TOKENIZER_JSON, TokenizerJson, read_tokenizer_json
from app.text.vocabulary import SPECIAL_TOKENS, UNUSED, VOCABULARY, check_special_tokens, read_vocabulary

CONFIG, SPECIAL_MAP, ADDED_TOKENS = "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json"
SPECIAL_NAMES = ("pad_token", "unk_token", "cls_token", "sep_token", "mask_token")  # in the order of SPECIAL_TOKENS
FAMILIES = ("Bert", "Ernie", "Electra", "DistilBert", "RobertaChinese")
BERT_CLASSES = [f"{family}Tokenizer{fast}" for family in FAMILIES for fast in ("", "Fast")]
JSON_CLASSES = ["PreTrainedTokenizerFast", "TokenizersBackend"]  # these classes only apply tokenizer.json
FIXED_SETTINGS = {  # settings of which one value is supported; other values would give other token ids
    "do_basic_tokenize": True, "never_split": None, "clean_text": True, "wordpieces_prefix": "##",
}  # fmt: skip


def read_tokenizer_config(folder: Path) -> Tuple[Dict[str, int], BasicTokenizer, Tuple[str, ...]]:
    """The folder's vocabulary, how texts are cleaned and split, and the special tokens in the order of SPECIAL_TOKENS.

    Raises UserError if a file is missing or damaged, has an unsupported setting, or contradicts another file.
    """
    config, tokenizer_json = _read(folder / CONFIG), read_tokenizer_json(folder)
    for name, supported in FIXED_SETTINGS.items():
        if (config.get(name, supported) or None) != supported:
            raise UserError(f"{folder / CONFIG}: {name} is {config[name]!r}, which is not supported")
    settings = {**_read(folder / SPECIAL_MAP), **config}
    special = tuple(_special_token(folder, settings, name, default) for name, default in zip(SPECIAL_NAMES, SPECIAL_TOKENS))
    vocabulary = _vocabulary(folder, tokenizer_json, special)
    _check_class(folder, config, tokenizer_json)
    _check_added_tokens(folder, settings, tokenizer_json, vocabulary, special)
    return vocabulary, _basic_tokenizer(folder, config, tokenizer_json), special


def _read(file: Path) -> Dict[str, Any]:
    return read_json(file) if file.is_file() else {}


def _special_token(folder: Path, settings: Dict[str, Any], name: str, default: str) -> str:
    token = _content(settings.get(name, default))
    if not isinstance(token, str) or not token:
        raise UserError(f"{folder / CONFIG}: {name} is {token!r}; a token is expected")
    return token


def _content(token: Any) -> Any:
    """The text of a token that a library wrote as a string, or as an object with the entry `content`."""
    return token.get("content") if isinstance(token, dict) else token


def _vocabulary(folder: Path, tokenizer_json: Optional[TokenizerJson], special: Tuple[str, ...]) -> Dict[str, int]:
    """The vocabulary of vocab.txt or of tokenizer.json. If both files exist, their ids must be the same."""
    file = folder / VOCABULARY
    if not file.is_file():
        if not tokenizer_json:
            raise UserError(f"{folder}: no {VOCABULARY} or {TOKENIZER_JSON} (BERT's or ERNIE's WordPiece) in this folder")
        check_special_tokens(folder / TOKENIZER_JSON, tokenizer_json.vocabulary, special)
        return tokenizer_json.vocabulary
    vocabulary = read_vocabulary(file, special)
    for token in {**vocabulary, **tokenizer_json.vocabulary} if tokenizer_json else ():
        ids = [found.get(token, "missing") for found in (vocabulary, tokenizer_json.vocabulary)]
        if ids[0] != ids[1] and not token.startswith(UNUSED):
            raise UserError(f"{folder}: {token!r} is {ids[0]} in {VOCABULARY} and {ids[1]} in {TOKENIZER_JSON}; which is right?")
    return vocabulary


def _check_class(folder: Path, config: Dict[str, Any], tokenizer_json: Optional[TokenizerJson]) -> None:
    """Raises UserError if the class of the tokenizer is not one of BERT's WordPiece."""
    name = config.get("tokenizer_class") or config.get("init_class")  # PaddleNLP 2.0 writes init_class
    supported = [None, *BERT_CLASSES, *(JSON_CLASSES if tokenizer_json else ())]
    if not (folder / "merges.txt").exists():
        supported.append("RobertaTokenizer")  # PaddleNLP's name for the Chinese RoBERTa, which has no merges.txt
    if name not in supported:
        raise UserError(f"{folder / CONFIG}: the tokenizer is a {name}; only BERT's WordPiece is supported, as in BertTokenizer")


def _check_added_tokens(
    folder: Path,
    settings: Dict[str, Any],
    tokenizer_json: Optional[TokenizerJson],
    vocabulary: Dict[str, int],
    special: Tuple[str, ...],
) -> None:
    """Raises UserError if tokens are added to the vocabulary, or if tokenizer.json has other special tokens or another order."""
    added = [*_read(folder / ADDED_TOKENS).items(), *(tokenizer_json.added.items() if tokenizer_json else ())]
    for key in ("added_tokens_decoder", "additional_special_tokens", "extra_special_tokens"):
        values = settings.get(key) or {}
        if not isinstance(values, (dict, list)):
            raise UserError(f"{folder / CONFIG}: {key} is {values!r}; tokens are expected")
        ids = values if key == "added_tokens_decoder" else [None] * len(values)
        added += zip(map(_content, values.values() if isinstance(values, dict) else values), ids)
    for token, token_id in added:
        if token not in special:
            raise UserError(
                f"{folder}: adds the token {token!r}, which is not supported; if your texts do not contain it, remove it from "
                f"{CONFIG}, {ADDED_TOKENS} and {TOKENIZER_JSON}"
            )
        if token_id is not None and str(token_id) != str(vocabulary[token]):
            raise UserError(f"{folder}: {token!r} is {vocabulary[token]} in the vocabulary and {token_id} among the added tokens")
    _, unk, cls, sep, _ = special
    if tokenizer_json and tokenizer_json.unk_token != unk:
        raise UserError(f"{folder}: unk_token is {unk} in {CONFIG} and {tokenizer_json.unk_token} in {TOKENIZER_JSON}")
    if tokenizer_json and tokenizer_json.pair not in (None, dict(tokens=[cls, sep, sep], segments=[0, 0, 1])):
        raise UserError(f"{folder / TOKENIZER_JSON}: its post_processor does not give {cls} A {sep} B {sep} for a pair")


def _basic_tokenizer(folder: Path, config: Dict[str, Any], tokenizer_json: Optional[TokenizerJson]) -> BasicTokenizer:
    default = tokenizer_json.basic if tokenizer_json else BasicTokenizer(library_of(folder) or PADDLENLP)

    def setting(name: str, default_value: Optional[bool]) -> Optional[bool]:
        value = config.get(name)
        if value is not None and not isinstance(value, bool):
            raise UserError(f"{folder / CONFIG}: {name} is {value!r}; true or false is expected")
        return default_value if value is None else value

    return BasicTokenizer(
        default.library,
        bool(setting("do_lower_case", default.lowercase)),
        setting("strip_accents", default.strip_accents),
        bool(setting("tokenize_chinese_chars", default.chinese_characters)),
    )


def library_of(folder: Path) -> Optional[str]:
    """The library that saved a folder without tokenizer.json, found by the files and fields that only one of them writes.

    None if there are no such files or fields.
    """
    config, model = _read(folder / CONFIG), _read(folder / "config.json")
    weights_format = _safetensors_format(folder / "model.safetensors")
    name = str(config.get("tokenizer_class") or config.get("init_class"))
    is_hugging_face = (
        "transformers_version" in model or name.endswith("Fast") or weights_format == "pt" or any(folder.glob("pytorch_model*"))
    )
    is_paddlenlp = (
        "paddlenlp_version" in model or name.startswith(("Ernie", "Roberta")) or weights_format in ("np", "pd")
        or any(folder.glob("*.pdparams")) or (folder / "model_config.json").exists()
    )  # fmt: skip
    return HUGGING_FACE if is_hugging_face else PADDLENLP if is_paddlenlp else None


def _safetensors_format(file: Path) -> Any:
    """The entry `format` of a safetensors file: "pt", "np" or "pd". None if there is no such file or entry."""
    if not file.is_file():
        return None
    with open(file, "rb") as content:
        size = int.from_bytes(content.read(8), "little")
        header = content.read(min(size, 1 << 24))
    try:
        return (json.loads(header).get("__metadata__") or {}).get("format")
    except (ValueError, AttributeError):
        return None  # a damaged file is reported when its weights are read


def write_tokenizer_config(folder: Path, basic: BasicTokenizer, special: Tuple[str, ...]) -> None:
    """Writes `tokenizer_config.json`, which PaddleNLP and Transformers read."""
    settings: Dict[str, Any] = {
        "tokenizer_class": "BertTokenizerFast" if basic.library == HUGGING_FACE else "BertTokenizer",
        "do_lower_case": basic.lowercase,
        "strip_accents": basic.strip_accents,
        "tokenize_chinese_chars": basic.chinese_characters,
    }
    write_json(folder / CONFIG, {**settings, **dict(zip(SPECIAL_NAMES, special))})
