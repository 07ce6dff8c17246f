"""Corpus files -> documents, one at a time. A document is a list of sentences.

.txt      one sentence per line, a blank line between documents
.jsonl    {"text": "..."} per line; the text is split into sentences here

Both also as .gz.
"""

from __future__ import annotations

import itertools
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Iterator, List

from app.errors import UserError
from app.pretrain.sentence_splitter import split_sentences
from app.text.lines import DecodedLines, detect_encoding, open_bytes

Document = List[str]


@dataclass
class Source:
    """A corpus file. `weight`: how often one epoch uses its documents; 0.5: each document with a probability of 50 %."""

    path: Path
    weight: float = 1.0


def parse_sources(text: str) -> List[Source]:
    """`a.txt,b.jsonl.gz:0.5` -> sources. Raises UserError for a missing file, another format, or a weight that is not above 0."""
    sources = []
    for entry in (entry.strip() for entry in text.split(",")):
        path, colon, weight = entry.rpartition(":")
        if not colon or Path(entry).exists():
            path, weight = entry, "1"
        try:
            sources.append(Source(Path(path), float(weight)))
        except ValueError:
            raise UserError(f"--corpus {entry}: must be FILE or FILE:WEIGHT, where the weight is a number") from None
        if not sources[-1].path.is_file():
            raise UserError(f"--corpus {path}: must be an existing file")
        if not 0 < sources[-1].weight < float("inf"):
            raise UserError(f"--corpus {entry}: the weight must be above 0")
        _format_of(sources[-1].path)
    return sources


def _format_of(path: Path) -> str:
    """txt or jsonl, by the name of the file. Raises UserError for another name."""
    name = path.name.lower()
    ending = (name[:-3] if name.endswith(".gz") else name).rpartition(".")[2]
    if ending not in ("txt", "jsonl"):
        raise UserError(f"{path}: the name of a corpus file must end in .txt, .jsonl, .txt.gz or .jsonl.gz")
    return ending


def check_several_documents(sources: List[Source]) -> None:
    """Raises UserError if all files together have fewer than two documents. Keeps no document in memory."""
    found = 0
    for source in sources:
        found += len(list(itertools.islice(_document_starts(source.path), 2)))
        if found > 1:
            return
    names = ",".join(str(source.path) for source in sources)
    raise UserError(
        f"--corpus {names}: {'one document' if found else 'no text'}; many documents are needed: the sentence task takes "
        "sentences of other documents, and some are held out for evaluation. In a .txt file, separate documents by a blank line"
    )


def _document_starts(path: Path) -> Iterator[None]:
    """Yields None at the first line of each document of a file."""
    if _format_of(path) == "jsonl":
        yield from (None for _ in read_documents(path))
        return
    with open_bytes(path)[0] as stream:
        in_document = False
        for line in DecodedLines(stream, detect_encoding(stream, path), path):
            has_text = bool(line.strip())
            if has_text and not in_document:
                yield
            in_document = has_text


def read_documents(path: Path) -> Iterator[Document]:
    """The documents of a file, in order, without empty ones. Raises UserError if a line of a JSONL file has no "text"."""
    with open_bytes(path)[0] as stream:
        lines = DecodedLines(stream, detect_encoding(stream, path), path)
        yield from _jsonl_documents(lines, path) if _format_of(path) == "jsonl" else _plain_documents(lines)


def _plain_documents(lines: Iterator[str]) -> Iterator[Document]:
    document: Document = []
    for line in lines:
        sentence = line.strip()
        if sentence:
            document.append(_encodable(sentence))
        elif document:
            yield document
            document = []
    if document:
        yield document


def _jsonl_documents(lines: Iterator[str], path: Path) -> Iterator[Document]:
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            text = json.loads(line)["text"]
            document = split_sentences(_encodable(text))
        except (ValueError, KeyError, TypeError, AttributeError) as problem:
            raise UserError(f'{path}: line {number}: not a JSON object with a "text" ({problem})') from problem
        if document:
            yield document


def _encodable(text: str) -> str:
    """The text with "?" in place of bytes that did not decode, which the tokenizer cannot encode as UTF-8."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8", "replace")
