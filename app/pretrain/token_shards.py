"""Documents -> shards: tokens on disk, written by several processes at constant memory; a build that was killed goes on.

FOLDER/00000/tokens.npy         uint16 or uint32 [tokens], sentence after sentence, without special tokens
             word_starts.npy    uint8, one bit a token: whether it begins a word
             sentences.npy      int64 [sentences + 1], where each sentence begins in tokens.npy
             documents.npy      int64 [documents + 1], where each document begins in sentences.npy
             held_out.npy       bool [documents], kept from training to measure on
             header.json        source, documents read, characters, unknown tokens, hash of the tokenizer
"""

from __future__ import annotations

import itertools
import json
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Callable, Iterator, List, Sequence

import numpy as np

from app.atomic import atomic_folder, read_json, write_json
from app.errors import UserError
from app.pretrain.documents import Document, Source, read_documents
from app.pretrain.parallel_map import map_in_order
from app.text.fast_tokenizer import FastWordPieceTokenizer

SHARD_TOKENS = 1 << 24  # tokens a shard holds before the next is begun: 32 MB, what a kill can cost
PART_CHARACTERS = 1 << 18  # characters of the documents that one process tokenizes at once
MAKE_ANEW = "; delete the folder of shards, and the same command makes it anew"
HASH_SPACE = 10_000  # documents are held out by the hash of their text: the same text always falls on the same side
HEADER = ("source", "documents_read", "tokens", "sentences", "documents", "unknown", "size")  # whole numbers


@dataclass
class Part:
    """Tokenized documents, flat; or several such parts joined."""

    tokens: np.ndarray  # uint16 or uint32 [tokens]
    word_starts: np.ndarray  # bool [tokens]
    sentence_lengths: np.ndarray  # int64 [sentences], tokens each
    document_lengths: np.ndarray  # int64 [documents], sentences each
    held_out: np.ndarray  # bool [documents]
    read: int  # documents read; those without a token are not among the above
    size: int  # bytes of UTF-8 text
    unknown: int  # [UNK] among the tokens


class Tokenizing:
    """Documents -> a Part. Made once in each process."""

    def __init__(self, tokenizer_folder: str, words: bool, dev_share: float):
        self.tokenizer = FastWordPieceTokenizer.load(Path(tokenizer_folder))
        self.words, self.dev_share = words, dev_share
        self.dtype = np.uint16 if self.tokenizer.size <= 1 << 16 else np.uint32
        self.begins_word = np.ones(self.tokenizer.size, bool)
        self.begins_word[[number for token, number in self.tokenizer.vocabulary.items() if token.startswith("##")]] = False

    def __call__(self, documents: Sequence[Document]) -> Part:
        sentences = [sentence for document in documents for sentence in document]
        tokens, lengths = self.tokenizer.flat_ids(sentences)
        word_starts = self.tokenizer.word_starts(sentences) if self.words else self.begins_word[tokens]
        tokens = tokens.astype(self.dtype)
        bounds = np.cumsum([0] + [len(document) for document in documents])
        filled = np.add.reduceat(np.append(lengths > 0, 0), bounds[:-1])  # sentences of each document that have a token
        hashes = np.array([zlib.crc32("\n".join(document).encode()) % HASH_SPACE for document in documents])
        return Part(
            tokens=tokens,
            word_starts=word_starts,
            sentence_lengths=lengths[lengths > 0],
            document_lengths=filled[filled > 0],
            held_out=(hashes < self.dev_share * HASH_SPACE)[filled > 0],
            read=len(documents),
            size=sum(len(sentence.encode()) for sentence in sentences),
            unknown=int((tokens == self.tokenizer.unk_id).sum()),
        )


def build_shards(
    folder: Path,
    sources: Sequence[Source],
    tokenizer_folder: Path,
    words: bool = False,
    dev_share: float = 0.01,
    workers: int = 1,
    progress: Callable[[int], None] = lambda size: None,
) -> None:
    """Tokenizes the sources into `folder`, going on where an earlier build ended. `progress` is told bytes of text done.

    Raises UserError where the folder holds the shards of other files, another tokenizer or other settings.
    """
    settings = {
        "sources": [[str(source.path.resolve()), source.path.stat().st_size] for source in sources],
        "tokenizer": FastWordPieceTokenizer.load(tokenizer_folder).hash,
        "words": words,
        "dev_share": dev_share,
    }
    check_settings(folder, settings)
    number = 0
    for index, source in enumerate(sources):
        done = 0
        while (header := read_header(folder / f"{number:05}")) and header["source"] == index:
            done, number = header["documents_read"], number + 1
            progress(header["size"])
            if header["source_ends"]:
                break
        else:
            documents = itertools.islice(read_documents(source.path), done, None)
            made = map_in_order(Tokenizing, (str(tokenizer_folder), words, dev_share), in_batches(documents), workers)
            for part, last in _shards_of(made, progress):
                done += part.read
                _write_shard(folder / f"{number:05}", part, index, done, last, settings["tokenizer"])
                number += 1
    write_json(folder / "complete.json", {"shards": number})


def check_settings(folder: Path, settings: dict) -> None:
    """Notes the settings in an empty folder. Raises UserError where it was made with others."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "settings.json"
    if not file.is_file():
        write_json(file, settings)
    before = read_json(file, MAKE_ANEW)
    for name, value in settings.items():
        if before.get(name) != json.loads(json.dumps(value)):
            raise UserError(f"{folder}: has shards of other {name.replace('_', ' ')}; delete them or choose another --shards_dir")


def in_batches(documents: Iterator[Document]) -> Iterator[List[Document]]:
    """Documents in lists of about PART_CHARACTERS characters."""
    batch, size = [], 0
    for document in documents:
        batch.append(document)
        size += sum(map(len, document))
        if size >= PART_CHARACTERS:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _shards_of(micro_batches: Iterator[Part], progress: Callable[[int], None]) -> Iterator[tuple]:
    """Joins parts to shards: (shard, whether it is the source's last one)."""
    held: List[Part] = []
    for part in micro_batches:
        progress(part.size)
        if sum(len(one.tokens) for one in held) >= SHARD_TOKENS:
            yield _join(held), False
            held = []
        held.append(part)
    if held:
        yield _join(held), True


def _join(micro_batches: List[Part]) -> Part:
    arrays = ("tokens", "word_starts", "sentence_lengths", "document_lengths", "held_out")
    joined = {name: np.concatenate([getattr(part, name) for part in micro_batches]) for name in arrays}
    return Part(**joined, **{name: sum(getattr(part, name) for part in micro_batches) for name in ("read", "size", "unknown")})


def _write_shard(folder: Path, part: Part, source: int, documents_read: int, source_ends: bool, tokenizer: str) -> None:
    with atomic_folder(folder) as temporary:
        np.save(temporary / "tokens.npy", part.tokens)
        np.save(temporary / "word_starts.npy", np.packbits(part.word_starts))
        np.save(temporary / "sentences.npy", np.append(0, np.cumsum(part.sentence_lengths)))
        np.save(temporary / "documents.npy", np.append(0, np.cumsum(part.document_lengths)))
        np.save(temporary / "held_out.npy", part.held_out)
        counts = {"tokens": len(part.tokens), "sentences": len(part.sentence_lengths), "documents": len(part.document_lengths)}
        more = {"source": source, "documents_read": documents_read, "source_ends": source_ends, "tokenizer": tokenizer}
        write_json(temporary / "header.json", {**counts, "unknown": part.unknown, "size": part.size, **more})


def read_header(folder: Path) -> dict:
    """What a shard says of itself; empty where there is none. Raises UserError where it is damaged."""
    file = folder / "header.json"
    header = read_json(file, MAKE_ANEW) if file.is_file() else {}
    lacking = [name for name in HEADER if header and type(header.get(name)) is not int]
    if lacking:
        raise UserError(f"{file}: damaged ({lacking[0]} is {header.get(lacking[0])!r}){MAKE_ANEW}")
    return header
