"""A small vocabulary, and folders with the tokenizer files that libraries write."""

import json

from app.text.vocabulary import SPECIAL_TOKENS

LETTERS = list("怎么还款，。！abcdefxyz0123456789é가→℃×≥≠²½ŋσς") + [f"##{letter}" for letter in "abcxyz0123℃×→²σς"]
TOKENS = SPECIAL_TOKENS + LETTERS
VOCABULARY = {token: number for number, token in enumerate(TOKENS)}
SYMBOLS = ["100℃", "5×3", "a→b", "3≥2", "x²", "½杯", "µm", "Ørsted", "aŋb", "€5", "🥲哈", "a\u00adb"]


def tokenizer_folder(path, config=None, model=None, **files):
    """Writes vocab.txt, and tokenizer_config.json (`config`), config.json (`model`) and other files if they are given."""
    path.mkdir(exist_ok=True)
    (path / "vocab.txt").write_text("".join(f"{token}\n" for token in TOKENS), encoding="utf-8")
    for name, values in (("tokenizer_config.json", config), ("config.json", model)):
        if values is not None:
            (path / name).write_text(json.dumps(values))
    for name, content in files.items():
        (path / name).write_bytes(content)
    return path
