"""Documents -> shards of token ids on disk, written by several processes with constant memory. A killed build can be resumed.

FOLDER/00000/tokens.npy         uint16 or uint32 [tokens], sentence after sentence, without special tokens
             word_starts.npy    uint8, one bit per token: whether it begins a word
             sentences.npy      int64 [sentences + 1], where each sentence begins in tokens.npy
             documents.npy      int64 [documents + 1], where each document begins in sentences.npy
             held_out.npy       bool [documents], held out from training for evaluation
             header.json        source, documents read, bytes of text, unknown tokens, hash of the tokenizer
FOLDER/settings.json            what the shards were made from; a build with other settings is refused
FOLDER/complete.json            the number of shards, written when all are complete
"""

from __future__ import annotations

import itertools
import json
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Callable, Iterator, List, Sequence, Tuple

import numpy as np

from app.atomic import atomic_folder, read_json, write_json
from app.errors import UserError
from app.parallel_map import map_in_order
from app.pretrain.documents import Document, Source, read_documents
from app.text.fast_tokenizer import FastWordPieceTokenizer

SHARD_TOKENS = 1 << 24  # a shard is complete when it has this many tokens: 32 MB, which is what a kill can lose
BATCH_CHARACTERS = 1 << 18  # characters of the documents that one process tokenizes at once
REBUILD_HINT = "; delete the folder of shards, and the same command will build it again"
HASH_BUCKETS = 10_000  # documents are held out by the hash of their text, so equal documents are never on both sides
HEADER_INTEGERS = ("source", "documents_read", "tokens", "sentences", "documents", "unknown", "size")


@dataclass
class TokenizedDocuments:
    """Tokenized documents in flat arrays. Documents without a token are left out."""

    tokens: np.ndarray  # uint16 or uint32 [tokens]
    word_starts: np.ndarray  # bool [tokens]
    sentence_lengths: np.ndarray  # int64 [sentences], tokens per sentence
    document_lengths: np.ndarray  # int64 [documents], sentences per document
    held_out: np.ndarray  # bool [documents]
    documents_read: int  # including documents without a token
    size: int  # of the text, in bytes of UTF-8
    unknown: int  # number of [UNK] tokens


class DocumentTokenizer:
    """Documents -> TokenizedDocuments. Each process makes its own.

    `whole_words`: word starts are those of the words that jieba finds, else those of WordPiece.
    """

    def __init__(self, tokenizer_folder: str, whole_words: bool, dev_share: float):
        self.tokenizer = FastWordPieceTokenizer.load(Path(tokenizer_folder))
        self.whole_words, self.dev_share = whole_words, dev_share
        self.dtype = np.uint16 if self.tokenizer.size <= 1 << 16 else np.uint32
        self.begins_word = np.ones(self.tokenizer.size, bool)
        self.begins_word[[number for token, number in self.tokenizer.vocabulary.items() if token.startswith("##")]] = False

    def __call__(self, documents: Sequence[Document]) -> TokenizedDocuments:
        sentences = [sentence for document in documents for sentence in document]
        tokens, lengths = self.tokenizer.flat_ids(sentences)
        word_starts = self.tokenizer.word_starts(sentences) if self.whole_words else self.begins_word[tokens]
        tokens = tokens.astype(self.dtype)
        first_sentence = np.cumsum([0] + [len(document) for document in documents])
        document_lengths = np.add.reduceat(np.append(lengths > 0, 0), first_sentence[:-1])  # sentences that have a token
        hashes = np.array([zlib.crc32("\n".join(document).encode()) % HASH_BUCKETS for document in documents])
        return TokenizedDocuments(
            tokens=tokens,
            word_starts=word_starts,
            sentence_lengths=lengths[lengths > 0],
            document_lengths=document_lengths[document_lengths > 0],
            held_out=(hashes < self.dev_share * HASH_BUCKETS)[document_lengths > 0],
            documents_read=len(documents),
            size=sum(len(sentence.encode()) for sentence in sentences),
            unknown=int((tokens == self.tokenizer.unk_id).sum()),
        )


def build_shards(
    folder: Path,
    sources: Sequence[Source],
    tokenizer_folder: Path,
    whole_words: bool = False,
    dev_share: float = 0.01,
    workers: int = 1,
    report_bytes: Callable[[int], None] = lambda size: None,
) -> None:
    """Tokenizes the sources into shards in `folder`. Continues an earlier build after its last complete shard.

    `whole_words`: see DocumentTokenizer; `dev_share`: share of the documents that are held out; `report_bytes` is called with the
    bytes of text that were tokenized since its last call. Raises UserError if the folder has shards of other files, of another
    tokenizer or with other settings.
    """
    settings = {
        "sources": [[str(source.path.resolve()), source.path.stat().st_size] for source in sources],
        "tokenizer": FastWordPieceTokenizer.load(tokenizer_folder).hash,
        "words": whole_words,
        "dev_share": dev_share,
    }
    check_settings(folder, settings)
    number = 0
    for index, source in enumerate(sources):
        documents_read = 0
        while (header := read_header(folder / f"{number:05}")) and header["source"] == index:
            documents_read, number = header["documents_read"], number + 1
            report_bytes(header["size"])
            if header["source_ends"]:
                break
        else:
            documents = itertools.islice(read_documents(source.path), documents_read, None)
            arguments = (str(tokenizer_folder), whole_words, dev_share)
            tokenized = map_in_order(DocumentTokenizer, arguments, document_batches(documents), workers)
            for shard, source_ends in _join_to_shards(tokenized, report_bytes):
                documents_read += shard.documents_read
                origin = {"source": index, "documents_read": documents_read, "source_ends": source_ends}
                _write_shard(folder / f"{number:05}", shard, {**origin, "tokenizer": settings["tokenizer"]})
                number += 1
    write_json(folder / "complete.json", {"shards": number})


def check_settings(folder: Path, settings: dict) -> None:
    """Writes the settings into a new folder. Raises UserError if the folder was made with other settings."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "settings.json"
    if not file.is_file():
        write_json(file, settings)
    before = read_json(file, REBUILD_HINT)
    for name, value in settings.items():
        if before.get(name) != json.loads(json.dumps(value)):
            raise UserError(f"{folder}: has shards of other {name.replace('_', ' ')}; delete them or choose another --shards_dir")


def document_batches(documents: Iterator[Document]) -> Iterator[List[Document]]:
    """Lists of documents with about BATCH_CHARACTERS characters each."""
    batch, characters = [], 0
    for document in documents:
        batch.append(document)
        characters += sum(map(len, document))
        if characters >= BATCH_CHARACTERS:
            yield batch
            batch, characters = [], 0
    if batch:
        yield batch


def _join_to_shards(
    batches: Iterator[TokenizedDocuments], report_bytes: Callable[[int], None]
) -> Iterator[Tuple[TokenizedDocuments, bool]]:
    """Joins the batches of one source to shards. Yields (shard, whether it is the last one)."""
    pending: List[TokenizedDocuments] = []
    for batch in batches:
        report_bytes(batch.size)
        if sum(len(one.tokens) for one in pending) >= SHARD_TOKENS:
            yield _join(pending), False
            pending = []
        pending.append(batch)
    if pending:
        yield _join(pending), True


def _join(batches: List[TokenizedDocuments]) -> TokenizedDocuments:
    arrays = ("tokens", "word_starts", "sentence_lengths", "document_lengths", "held_out")
    counts = ("documents_read", "size", "unknown")
    return TokenizedDocuments(
        **{name: np.concatenate([getattr(batch, name) for batch in batches]) for name in arrays},
        **{name: sum(getattr(batch, name) for batch in batches) for name in counts},
    )


def _write_shard(folder: Path, shard: TokenizedDocuments, origin: dict) -> None:
    """Writes a shard atomically. `origin`: the entries of header.json that say where its documents come from."""
    with atomic_folder(folder) as temporary:
        np.save(temporary / "tokens.npy", shard.tokens)
        np.save(temporary / "word_starts.npy", np.packbits(shard.word_starts))
        np.save(temporary / "sentences.npy", np.append(0, np.cumsum(shard.sentence_lengths)))
        np.save(temporary / "documents.npy", np.append(0, np.cumsum(shard.document_lengths)))
        np.save(temporary / "held_out.npy", shard.held_out)
        header = {
            "tokens": len(shard.tokens),
            "sentences": len(shard.sentence_lengths),
            "documents": len(shard.document_lengths),
            "unknown": shard.unknown,
            "size": shard.size,
        }
        write_json(temporary / "header.json", {**header, **origin})


def read_header(folder: Path) -> dict:
    """The header of a shard; empty if there is no shard. Raises UserError if it is damaged."""
    file = folder / "header.json"
    header = read_json(file, REBUILD_HINT) if file.is_file() else {}
    wrong = [name for name in HEADER_INTEGERS if header and type(header.get(name)) is not int]
    if wrong:
        raise UserError(f"{file}: damaged ({wrong[0]} is {header.get(wrong[0])!r}){REBUILD_HINT}")
    return header
