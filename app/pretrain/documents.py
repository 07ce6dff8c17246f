"""Text files -> documents, each a list of sentences, one at a time.

.txt      one sentence a line, a blank line between documents
.jsonl    {"text": "..."} a line, split into sentences here          each also .gz
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
    """A corpus file, and how many times an epoch goes through it (0.5: every document in every other epoch, by chance)."""

    path: Path
    weight: float = 1.0


def parse_sources(text: str) -> List[Source]:
    """`a.txt,b.jsonl.gz:0.5` -> sources. Raises UserError where a file is missing or a weight is no positive number."""
    sources = []
    for part in (part.strip() for part in text.split(",")):
        path, colon, weight = part.rpartition(":")
        if not colon or Path(part).exists():
            path, weight = part, "1"
        try:
            sources.append(Source(Path(path), float(weight)))
        except ValueError:
            raise UserError(f"--corpus {part}: FILE or FILE:WEIGHT, the weight a number") from None
        if not sources[-1].path.is_file():
            raise UserError(f"--corpus {path}: must be an existing file")
        if not 0 < sources[-1].weight < float("inf"):
            raise UserError(f"--corpus {part}: the weight must be above 0")
        _format_of(sources[-1].path)
    return sources


def _format_of(path: Path) -> str:
    name = path.name.lower()
    ending = (name[:-3] if name.endswith(".gz") else name).rpartition(".")[2]
    if ending not in ("txt", "jsonl"):
        raise UserError(f"{path}: a corpus file ends in .txt or .jsonl (each also .gz)")
    return ending


def check_several_documents(sources: List[Source]) -> None:
    """Raises UserError where all files together hold one document or none: found without keeping it in memory."""
    begun = 0
    for source in sources:
        begun += len(list(itertools.islice(_document_beginnings(source.path), 2)))
        if begun > 1:
            return
    names = ",".join(str(source.path) for source in sources)
    raise UserError(
        f"--corpus {names}: {'one document' if begun else 'no text'}; many are needed, to draw other sentences from and to "
        "measure on. In a .txt file a blank line ends a document: put one between them"
    )


def _document_beginnings(path: Path) -> Iterator[None]:
    """Yields where each document of a file begins."""
    if _format_of(path) == "jsonl":
        yield from (None for _ in read_documents(path))
        return
    with open_bytes(path)[0] as stream:
        inside = False
        for line in DecodedLines(stream, detect_encoding(stream, path), path):
            filled = bool(line.strip())
            if filled and not inside:
                yield
            inside = filled


def read_documents(path: Path) -> Iterator[Document]:
    """The file's documents in order; none is empty. Raises UserError where a line of a JSONL file has no text."""
    with open_bytes(path)[0] as stream:
        lines = DecodedLines(stream, detect_encoding(stream, path), path)
        yield from _jsonl_documents(lines, path) if _format_of(path) == "jsonl" else _plain_documents(lines)


def _plain_documents(lines: Iterator[str]) -> Iterator[Document]:
    document: Document = []
    for line in lines:
        sentence = line.strip()
        if sentence:
            document.append(_valid(sentence))
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
            document = split_sentences(_valid(text))
        except (ValueError, KeyError, TypeError, AttributeError) as problem:
            raise UserError(f'{path}: line {number}: not a JSON object with a "text" ({problem})') from problem
        if document:
            yield document


def _valid(text: str) -> str:
    """Bytes that did not decode become U+FFFD, which the tokenizer leaves out."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8", "replace")
