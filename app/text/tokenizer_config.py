"""What a folder's files say of its tokenizer: how texts are cleaned and split, the vocabulary, the special tokens, whose ids.

What is said there is done, or refused in one line. Where `tokenizer_config.json` and `tokenizer.json` differ, the first counts,
as in Transformers; where it is silent, the second. Folders that this program saves say whose ids they have by their class:
BertTokenizerFast has Hugging Face's, BertTokenizer PaddleNLP's; so PaddleNLP's AutoTokenizer gives the same ids.
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

CONFIG, MAP, ADDED = "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json"
NAMES = ("pad_token", "unk_token", "cls_token", "sep_token", "mask_token")
FAMILIES = ("Bert", "Ernie", "Electra", "DistilBert", "RobertaChinese")
OF_BERT = [f"{family}Tokenizer{fast}" for family in FAMILIES for fast in ("", "Fast")]
OF_JSON = ["PreTrainedTokenizerFast", "TokenizersBackend"]  # these do what tokenizer.json says
DONE = {  # what a configuration may say beside the settings; other values would give other token ids
    "do_basic_tokenize": True, "never_split": None, "clean_text": True, "wordpieces_prefix": "##",
}  # fmt: skip


def read_tokenizer_config(folder: Path) -> Tuple[Dict[str, int], BasicTokenizer, Tuple[str, ...]]:
    """The folder's vocabulary, how its texts are cleaned and split, and its special tokens in the order of SPECIAL_TOKENS.

    Raises UserError where a file is lacking or damaged, says something that is not done here, or says other than another file.
    """
    config, whole = _read(folder / CONFIG), read_tokenizer_json(folder)
    for name, done in DONE.items():
        if (config.get(name, done) or None) != done:
            raise UserError(f"{folder / CONFIG}: {name} is {config[name]!r}, which is not done here")
    named = {**_read(folder / MAP), **config}
    special = tuple(_token(folder, named, name, default) for name, default in zip(NAMES, SPECIAL_TOKENS))
    vocabulary = _vocabulary(folder, whole, special)
    _check_class(folder, config, whole)
    _check_added(folder, named, whole, vocabulary, special)
    return vocabulary, _basic(folder, config, whole), special


def _read(file: Path) -> Dict[str, Any]:
    return read_json(file) if file.is_file() else {}


def _token(folder: Path, named: Dict[str, Any], name: str, default: str) -> str:
    value = _content(named.get(name, default))
    if not isinstance(value, str) or not value:
        raise UserError(f"{folder / CONFIG}: {name} is {value!r}; a token is expected")
    return value


def _content(token: Any) -> Any:
    """A token, which may be written as the object of a library."""
    return token.get("content") if isinstance(token, dict) else token


def _vocabulary(folder: Path, whole: Optional[TokenizerJson], special: Tuple[str, ...]) -> Dict[str, int]:
    """That of vocab.txt or of tokenizer.json; where both are there, they must be one."""
    file = folder / VOCABULARY
    if not file.is_file():
        if not whole:
            raise UserError(f"{folder}: no {VOCABULARY} or {TOKENIZER_JSON} (BERT's or ERNIE's WordPiece) in this folder")
        check_special_tokens(folder / TOKENIZER_JSON, whole.vocabulary, special)
        return whole.vocabulary
    vocabulary = read_vocabulary(file, special)
    for token in {**vocabulary, **whole.vocabulary} if whole else ():
        ids = [found.get(token, "nothing") for found in (vocabulary, whole.vocabulary)]
        if ids[0] != ids[1] and not token.startswith(UNUSED):
            raise UserError(f"{folder}: {token!r} is {ids[0]} in {VOCABULARY} and {ids[1]} in {TOKENIZER_JSON}; which is right?")
    return vocabulary


def _check_class(folder: Path, config: Dict[str, Any], whole: Optional[TokenizerJson]) -> None:
    """Raises UserError where the class of the tokenizer is one that splits in another way."""
    named = config.get("tokenizer_class") or config.get("init_class")  # the second one: PaddleNLP 2.0's
    fine = [None, *OF_BERT, *(OF_JSON if whole else ())]
    if not (folder / "merges.txt").exists():
        fine.append("RobertaTokenizer")  # PaddleNLP's, which then is the Chinese one
    if named not in fine:
        raise UserError(f"{folder / CONFIG}: the tokenizer is a {named}; only BERT's WordPiece is done here, as in BertTokenizer")


def _check_added(
    folder: Path, named: Dict[str, Any], whole: Optional[TokenizerJson], vocabulary: Dict[str, int], special: Tuple[str, ...]
) -> None:
    """Raises UserError where tokens are added to the vocabulary, or tokenizer.json has other special tokens or another order."""
    added = [*_read(folder / ADDED).items(), *(whole.added.items() if whole else ())]
    for key in ("added_tokens_decoder", "additional_special_tokens", "extra_special_tokens"):
        values = named.get(key) or {}
        if not isinstance(values, (dict, list)):
            raise UserError(f"{folder / CONFIG}: {key} is {values!r}; tokens are expected")
        numbers = values if key == "added_tokens_decoder" else [None] * len(values)
        added += zip(map(_content, values.values() if isinstance(values, dict) else values), numbers)
    for token, number in added:
        if token not in special:
            raise UserError(
                f"{folder}: adds the token {token!r}, which is not done here; where your texts do not have it, take it out of "
                f"{CONFIG}, {ADDED} and {TOKENIZER_JSON}"
            )
        if number is not None and str(number) != str(vocabulary[token]):
            raise UserError(f"{folder}: {token!r} is {vocabulary[token]} in the vocabulary and {number} among the added tokens")
    _, unk, cls, sep, _ = special
    if whole and whole.unk_token != unk:
        raise UserError(f"{folder}: unk_token is {unk} in {CONFIG} and {whole.unk_token} in {TOKENIZER_JSON}")
    if whole and whole.pair not in (None, dict(tokens=[cls, sep, sep], segments=[0, 0, 1])):
        raise UserError(f"{folder / TOKENIZER_JSON}: its post_processor does not make {cls} A {sep} B {sep} of a pair")


def _basic(folder: Path, config: Dict[str, Any], whole: Optional[TokenizerJson]) -> BasicTokenizer:
    of_json = whole.basic if whole else BasicTokenizer(library_of(folder) or PADDLENLP)

    def flag(name: str, default: Optional[bool]) -> Optional[bool]:
        value = config.get(name)
        if value is not None and not isinstance(value, bool):
            raise UserError(f"{folder / CONFIG}: {name} is {value!r}; true or false is expected")
        return default if value is None else value

    return BasicTokenizer(
        of_json.library,
        bool(flag("do_lower_case", of_json.lowercase)),
        flag("strip_accents", of_json.strip_accents),
        bool(flag("tokenize_chinese_chars", of_json.chinese_characters)),
    )


def library_of(folder: Path) -> Optional[str]:
    """The library that a folder without tokenizer.json is from, by what only its folders have; None where nothing tells."""
    config, model, weights = _read(folder / CONFIG), _read(folder / "config.json"), _format(folder / "model.safetensors")
    named = str(config.get("tokenizer_class") or config.get("init_class"))
    of_hugging_face = (
        "transformers_version" in model or named.endswith("Fast") or weights == "pt" or any(folder.glob("pytorch_model*"))
    )
    of_paddlenlp = (
        "paddlenlp_version" in model or named.startswith(("Ernie", "Roberta")) or weights in ("np", "pd")
        or any(folder.glob("*.pdparams")) or (folder / "model_config.json").exists()
    )  # fmt: skip
    return HUGGING_FACE if of_hugging_face else PADDLENLP if of_paddlenlp else None


def _format(file: Path) -> Any:
    """What a safetensors file says of who wrote it."""
    if not file.is_file():
        return None
    with open(file, "rb") as content:
        size = int.from_bytes(content.read(8), "little")
        head = content.read(min(size, 1 << 24))
    try:
        return (json.loads(head).get("__metadata__") or {}).get("format")
    except (ValueError, AttributeError):
        return None  # whoever reads the weights says what is wrong with them


def write_tokenizer_config(folder: Path, basic: BasicTokenizer, special: Tuple[str, ...]) -> None:
    """Writes `tokenizer_config.json`, as PaddleNLP and Transformers read it."""
    settings: Dict[str, Any] = {
        "tokenizer_class": "BertTokenizerFast" if basic.library == HUGGING_FACE else "BertTokenizer",
        "do_lower_case": basic.lowercase,
        "strip_accents": basic.strip_accents,
        "tokenize_chinese_chars": basic.chinese_characters,
    }
    write_json(folder / CONFIG, {**settings, **dict(zip(NAMES, special))})
