"""`[CLS] A [SEP] B [SEP]`, segment ids and truncation."""

import subprocess
import sys

import numpy as np
import pytest
from conftest import ROOT
from hypothesis import given
from hypothesis import strategies as st

from app.errors import UserError
from app.text.fast_tokenizer import FastWordPieceTokenizer
from app.text.features import SPECIAL_TOKENS_PER_PAIR, encode_pairs, pad_batch, truncate
from app.text.vocabulary import SPECIAL_TOKENS, count_words, learn_vocabulary, read_vocabulary

TOKENS = SPECIAL_TOKENS + list("怎么还信用卡款如何") + ["pay", "##ing"]
TOKENIZER = FastWordPieceTokenizer({token: number for number, token in enumerate(TOKENS)})


def words(ids):
    return [TOKENS[number] for number in ids]


def test_the_example_of_the_docstring():
    encoded = encode_pairs(TOKENIZER, ["怎么还款"], ["如何还款"], 128)
    batch = pad_batch(encoded, [0])
    assert words(batch["input_ids"][0]) == ["[CLS]", *"怎么还款", "[SEP]", *"如何还款", "[SEP]"]
    assert batch["token_type_ids"][0].tolist() == [0] * 6 + [1] * 5
    assert batch["input_ids"].dtype == batch["token_type_ids"].dtype == np.int64


def test_rows_are_padded_on_the_right_to_the_longest():
    encoded = encode_pairs(TOKENIZER, ["怎么还款", "卡"], ["如何还款", "款"], 128)
    batch = pad_batch(encoded, [1, 0])
    assert batch["input_ids"].shape == (2, 11)
    assert words(batch["input_ids"][0]) == ["[CLS]", "卡", "[SEP]", "款", "[SEP]"] + ["[PAD]"] * 6
    assert batch["token_type_ids"][0].tolist() == [0, 0, 0, 1, 1] + [0] * 6


def test_special_tokens_typed_by_a_user_are_ordinary_text():
    """A user who types [SEP] must not be able to move the border between the two texts."""
    ids = encode_pairs(TOKENIZER, ["怎[SEP]么[PAD]"], ["款"], 128).tokens.tolist()
    assert ids.count(TOKENIZER.sep_id) == 2 and TOKENIZER.pad_id not in ids


def published_loop(a, b, room):
    """The loop of google-research/bert, which removes one token at a time."""
    while a + b > room:
        if a > b:
            a -= 1
        else:
            b -= 1
    return a, b


LENGTHS = st.integers(min_value=1, max_value=300)


@given(LENGTHS, LENGTHS, st.integers(min_value=2, max_value=300))
def test_longest_first_equals_the_published_loop(a, b, room):
    assert truncate(a, b, room, "longest_first") == published_loop(a, b, room)


@given(LENGTHS, LENGTHS, st.integers(min_value=2, max_value=300), st.sampled_from(["longest_first", "only_first", "only_second"]))
def test_truncation_uses_all_room_and_keeps_both_texts(a, b, room, truncation):
    keep_a, keep_b = truncate(a, b, room, truncation)
    assert keep_a + keep_b == min(a + b, room) and 1 <= keep_a <= a and 1 <= keep_b <= b
    if truncation == "only_first" and b < room:
        assert keep_b == b
    if truncation == "only_second" and a < room:
        assert keep_a == a


def test_truncated_rows_are_marked():
    """In a reference script a pair of 5,602 tokens crashed the GPU; here a pair is never longer than the limit."""
    encoded = encode_pairs(TOKENIZER, ["怎么" * 3000, "怎"], ["如何还款", "么"], 64)
    assert encoded.lengths.tolist() == [64, 5] and encoded.truncated.tolist() == [True, False]
    assert words(encoded.tokens[:64])[-5:] == [*"如何还款", "[SEP]"]
    assert 64 - SPECIAL_TOKENS_PER_PAIR - 4 == int(encoded.first_lengths[0]) - 2


def test_unknown_tokens_are_counted():
    assert encode_pairs(TOKENIZER, ["怎么🙂"], ["龘"], 64).unknown_count == 2


def test_a_learned_vocabulary_is_reproducible_and_bounded():
    texts = ["How do I pay my bill 怎么还款", "paying the bill 怎么还信用卡", "I paid 3 bills, paying again"] * 3
    first, second = learn_vocabulary(count_words(texts), 60), learn_vocabulary(count_words(list(texts)), 60)
    assert first == second and first[:5] == SPECIAL_TOKENS and len(first) <= 60 and len(set(first)) == len(first)
    assert "怎" in first and "bill" in first


def test_a_learned_vocabulary_is_the_same_in_every_process():
    """Each process of a training learns it. The library orders ties as its hash table does."""
    program = """
import random
from app.text.vocabulary import count_words, learn_vocabulary
numbers = random.Random(1)
print(learn_vocabulary(count_words([" ".join(str(numbers.randrange(10**6)) for _ in range(2000))]), 900))
"""
    outputs = {subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, check=True).stdout for _ in range(3)}
    assert len(outputs) == 1 and b"##" in outputs.pop()


def test_both_published_vocabulary_formats(tmp_path):
    (tmp_path / "bert.txt").write_text("\n".join(TOKENS) + "\n", encoding="utf-8")
    (tmp_path / "ernie.txt").write_text("".join(f"{token}\t{number}\n" for number, token in enumerate(TOKENS)), encoding="utf-8")
    assert read_vocabulary(tmp_path / "bert.txt") == read_vocabulary(tmp_path / "ernie.txt") == TOKENIZER.vocabulary
    (tmp_path / "other.txt").write_text("a\nb\n")
    with pytest.raises(UserError, match=r"\[PAD\]"):
        read_vocabulary(tmp_path / "other.txt")


def test_published_vocabularies(real_data):
    assert len(read_vocabulary(real_data / "vocab" / "bert_base_chinese_vocab.txt")) == 21128
    assert read_vocabulary(real_data / "vocab" / "ernie_3.0_base_zh_vocab.txt")["[CLS]"] == 1


def test_a_saved_tokenizer_is_read_by_tokenizers(tmp_path):
    from tokenizers import Tokenizer

    TOKENIZER.save(tmp_path)
    again = FastWordPieceTokenizer.load(tmp_path)
    assert again.ids(["怎么paying"]) == TOKENIZER.ids(["怎么paying"])
    ours = encode_pairs(TOKENIZER, ["怎么还款"], ["如何还款"], 64).tokens.tolist()
    assert Tokenizer.from_file(str(tmp_path / "tokenizer.json")).encode("怎么还款", "如何还款").ids == ours


def test_lower_case_follows_the_checkpoint(tmp_path):
    cased = FastWordPieceTokenizer({**TOKENIZER.vocabulary, "PAY": len(TOKENS)}, lowercase=False)
    cased.save(tmp_path)
    assert FastWordPieceTokenizer.load(tmp_path).ids(["PAY"]) == [[len(TOKENS)]]
