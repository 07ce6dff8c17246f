"""A file of texts in any form -> blocks of different texts."""

import gzip
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.distill.texts import batched, blocks, read_lines
from app.errors import UserError


def read(path, content, longest=100):
    left_out = Counter()
    path.write_bytes(content)
    return list(read_lines(path, longest, left_out)), dict(left_out)


@pytest.mark.parametrize(
    "content, expected",
    [
        ("怎么还款\n如何还款\n".encode(), [["怎么还款"], ["如何还款"]]),
        ("\ufeff怎么还款\r\n如何还款".encode(), [["怎么还款"], ["如何还款"]]),
        ("怎么还款\t如何还款\n\n\t \n好".encode(), [["怎么还款", "如何还款"], [], [], ["好"]]),
        ("怎么还信用卡的钱\n在哪里还\n".encode("gb18030"), [["怎么还信用卡的钱"], ["在哪里还"]]),
        ("怎么\u3000 还\x0b款\n".encode(), [["怎么 还 款"]]),
        ("電腦怎麼開機\nhow to open it?\n😀好\n".encode(), [["電腦怎麼開機"], ["how to open it?"], ["😀好"]]),
        (gzip.compress("怎么还款\n".encode(), mtime=0), [["怎么还款"]]),
        (b"", []),
    ],
)
def test_every_form_of_a_text_file(tmp_path, content, expected):
    assert read(tmp_path / "in.txt", content) == (expected, {})


def test_texts_that_cannot_be_used_are_counted_by_reason(tmp_path):
    content = "。？！\n😀\n长长长长长\n坏\x00的\n怎么还\n怎么办\n".encode() + b"ab\x80\n"
    lines, left_out = read(tmp_path / "in.txt", content, longest=4)
    assert [text for line in lines for text in line] == ["怎么还", "怎么办"]
    assert left_out == {"without a letter or digit": 2, "longer than 4 characters": 1, "not valid text": 2}


@pytest.mark.parametrize(
    "content, message",
    [
        (b"text_a\ttext_b\tlabel\n a\tb\t1\n", "a file of pairs with a header"),
        (b"\xef\xbb\xbfquestion1,question2\na,b\n", "a file of pairs with a header"),
        (b'{"text": "a"}\n', "JSON lines"),
        (b'[{"text": "a"}]', "JSON array"),
        ("一\r二\r三".encode(), "old Macs"),
        (gzip.compress("怎么还款\n".encode() * 9999, mtime=0)[:-20], "cannot be read"),
        (b"\xff\xfe\x01", "UTF-16"),
    ],
)
def test_other_files_are_refused_in_one_line(tmp_path, content, message):
    with pytest.raises(UserError, match=message) as problem:
        read(tmp_path / "in.txt", content)
    assert "\n" not in str(problem.value)


@given(st.lists(st.lists(st.sampled_from("甲乙丙丁戊己庚辛"), max_size=12), max_size=20), st.integers(2, 9))
def test_blocks_have_each_of_their_texts_once_and_keep_the_lines(lines, size):
    left_out = Counter()
    found = list(blocks(lines, size, left_out))
    assert sum(len(block.texts) for block in found) + left_out["repeated"] == sum(map(len, lines))
    assert {text for block in found for text in block.texts} == {text for line in lines for text in line}
    for block in found:
        assert len(set(block.texts)) == len(block.texts) < 2 * size
        for group in block.groups:
            assert len(set(group)) == len(group) > 1
            assert any({block.texts[index] for index in group} <= set(line) for line in lines)


def test_a_block_is_ready_before_the_rest_of_the_file_is_read():
    def lines():
        yield from (["甲"], ["乙"])
        raise AssertionError("read on")

    assert next(blocks(lines(), 2, Counter())).texts == ["甲", "乙"]


@given(st.lists(st.integers()), st.integers(1, 5))
def test_batches_are_the_items(items, size):
    found = list(batched(items, size))
    assert [item for batch in found for item in batch] == items and all(0 < len(batch) <= size for batch in found)
