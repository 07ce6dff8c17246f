"""Corpus files -> documents -> sentences."""

import gzip
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import UserError
from app.pretrain.documents import check_several_documents, parse_sources, read_documents
from app.pretrain.sentence_splitter import split_sentences


@pytest.mark.parametrize(
    "text, sentences",
    [
        ("今天下雨。带伞了吗？带了！", ["今天下雨。", "带伞了吗？", "带了！"]),
        ("他说：“我来了。”然后走了。", ["他说：“我来了。”", "然后走了。"]),
        ("等等……再说吧。", ["等等……", "再说吧。"]),
        ("版本是 3.14，用 paddle.nn。好", ["版本是 3.14，用 paddle.nn。", "好"]),
        ("Dr. Smith paid $3.50. He left.", ["Dr. Smith paid $3.50.", "He left."]),
        ('She said "Stop!" Then she ran.', ['She said "Stop!"', "Then she ran."]),
        ("J. Smith et al. wrote it, e.g. here. Yes", ["J. Smith et al. wrote it, e.g. here.", "Yes"]),
        ("见 https://a.b/?c=d 。完", ["见 https://a.b/?c=d 。", "完"]),
        ("一行\n两行", ["一行", "两行"]),
        ("真的？！是的", ["真的？！", "是的"]),
        ("", []),
        ("。", ["。"]),
    ],
)
def test_split_sentences(text, sentences):
    assert split_sentences(text) == sentences


@given(st.text(alphabet='天a .。！?”"\n…A', max_size=60))
def test_splitting_keeps_every_character_and_leaves_no_empty_sentence(text):
    sentences = split_sentences(text)
    assert "".join("".join(sentences).split()) == "".join(text.split())
    assert all(sentence.strip() for sentence in sentences)


def test_plain_text_and_jsonl_give_the_same_documents(tmp_path):
    documents = [["一句。", "两句。"], ["单独一句。"], ["甲。", "乙。", "丙。"]]
    plain = tmp_path / "a.txt"
    plain.write_text("\n\n" + "\n\n\n".join("\n".join(document) for document in documents), encoding="utf-8")
    lines = "".join(json.dumps({"text": "".join(document)}, ensure_ascii=False) + "\n" for document in documents)
    (tmp_path / "b.jsonl.gz").write_bytes(gzip.compress(lines.encode("utf-8")))
    gb = tmp_path / "c.txt"
    gb.write_bytes(plain.read_bytes().decode("utf-8").encode("gb18030"))
    for path in (plain, tmp_path / "b.jsonl.gz", gb):
        assert list(read_documents(path)) == documents


def test_the_error_names_a_broken_line(tmp_path):
    (tmp_path / "a.jsonl").write_text('{"text": "好。"}\n{"txt": 1}\n', encoding="utf-8")
    with pytest.raises(UserError, match="line 2"):
        list(read_documents(tmp_path / "a.jsonl"))


def test_sources_and_weights(tmp_path):
    (tmp_path / "a.txt").write_text("好", encoding="utf-8")
    first, second = parse_sources(f"{tmp_path}/a.txt, {tmp_path}/a.txt:0.5")
    assert (first.weight, second.weight) == (1.0, 0.5) and first.path == second.path
    for wrong in ("nowhere.txt", f"{tmp_path}/a.txt:x", f"{tmp_path}/a.txt:0", f"{tmp_path}/a.txt:nan", f"{tmp_path}"):
        with pytest.raises(UserError, match="--corpus"):
            parse_sources(wrong)


@pytest.mark.parametrize(
    "files, found",
    [
        ({"a.txt": "一句\n二句\n三句\n"}, "one document"),
        ({"a.txt": "\n\n一句\n二句\n\n \n"}, "one document"),
        ({"a.txt": "\n \n"}, "no text"),
        ({"a.jsonl": '{"text": "一句。二句。"}\n'}, "one document"),
        ({"a.txt": "一句\n\n二句\n"}, ""),
        ({"a.txt": "一句\n", "b.txt": "二句\n"}, ""),
        ({"a.txt": "一句\n", "b.jsonl": '{"text": "一句。"}\n'}, ""),
    ],
)
def test_a_corpus_of_one_document_is_refused_with_advice(tmp_path, files, found):
    for name, text in files.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    sources = parse_sources(",".join(str(tmp_path / name) for name in files))
    if found:
        with pytest.raises(UserError, match=f"--corpus .*: {found}; many documents are needed.*blank line"):
            check_several_documents(sources)
    else:
        check_several_documents(sources)
