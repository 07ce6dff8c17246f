"""vocab.txt: a damaged one is one error line; a token that is there twice keeps its ids."""

import pytest
from paddlenlp.transformers import AutoTokenizer
from tokenizer_folders import TOKENS, tokenizer_folder

from app.errors import UserError
from app.text.fast_tokenizer import FastWordPieceTokenizer
from app.text.vocabulary import read_vocabulary


@pytest.mark.parametrize(
    "content, words",
    [
        ("".join(f"{token}\t{number}\n" for number, token in enumerate(TOKENS)) + "壹\t①\n", "is not TOKEN<TAB>ID"),
        ("".join(f"{token}\t{number}\n" for number, token in enumerate(TOKENS)) + "壹\t3\n", "ids are not 0 to 59, each once"),
        ("".join(f"{token}\t{number}\n" for number, token in enumerate(TOKENS)) + "壹\t99999999999\n", "ids are not 0 to 59"),
        ("".join(f"{token}\t{number}\n" for number, token in enumerate(TOKENS) if number != 20), "ids are not 0 to 57"),
        ("".join(f"{token}\t²\n" for token in TOKENS), "line 1 is not TOKEN<TAB>ID"),
        ("".join(f"{token}\t{number}\n" if number % 2 else f"{token}\n" for number, token in enumerate(TOKENS)), "line 1 is no"),
        ("".join(f"{token}\n" for token in TOKENS) + "壹\t59\n", "line 1 is not TOKEN<TAB>ID"),
        ("".join(f"{token}\n" for token in [*TOKENS, "[CLS]"]), "twice"),
        ("".join(f"{token} \n" for token in TOKENS), "line 1 is '.PAD. '"),
        ("".join(f"{token}\n" for token in [*TOKENS[:9], "", *TOKENS[9:]]), "line 10 is ''"),
        ("", "is empty"),
        ("<!DOCTYPE html>\n<html></html>\n", "no \\[PAD\\]"),
    ],
)
def test_a_damaged_vocabulary_is_one_error_line(tmp_path, content, words):
    (tmp_path / "vocab.txt").write_text(content, encoding="utf-8")
    with pytest.raises(UserError, match=words):
        read_vocabulary(tmp_path / "vocab.txt")


def test_a_vocabulary_with_a_token_twice_is_saved_with_the_same_ids(tmp_path):
    """ERNIE 3.0 has `$` twice. [unused9] must not be confused with the name that fills a gap."""
    folder = tokenizer_folder(tmp_path / "model")
    tokens = [*TOKENS[:9], "$", "[unused9]", *TOKENS[9:], "$"]
    (folder / "vocab.txt").write_text("".join(f"{token}\n" for token in tokens), encoding="utf-8")
    tokenizer = FastWordPieceTokenizer.load(folder)
    assert tokenizer.ids(["$"]) == [[len(tokens) - 1]]
    (tmp_path / "saved").mkdir()
    tokenizer.save(tmp_path / "saved")
    again = FastWordPieceTokenizer.load(tmp_path / "saved")
    assert again.size == tokenizer.size and {token: again.vocabulary[token] for token in tokens} == tokenizer.vocabulary
    assert AutoTokenizer.from_pretrained(str(tmp_path / "saved"))("$怎")["input_ids"][1:-1] == again.ids(["$怎"])[0]
