"""Makes the tokenizer and the token shards of a run. Only one process makes them; other processes wait, then use them."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Callable, List, Sequence, Tuple

from app import machine
from app.atomic import locked
from app.encoder.hub import find_folder
from app.options import PretrainOptions
from app.parallel_map import map_in_order
from app.pretrain.documents import Document, Source, read_documents
from app.pretrain.token_shards import build_shards, check_settings, document_batches
from app.progress import ProgressCounter
from app.text.fast_tokenizer import FastWordPieceTokenizer
from app.text.tokenizer import WordPieceTokenizer
from app.text.vocabulary import count_words, learn_vocabulary, read_vocabulary


def prepare_shards(options: PretrainOptions, sources: Sequence[Source]) -> None:
    """Makes what is missing in `options.shards_dir`: the tokenizer in tokenizer/, and the shards.

    The vocabulary is that of --init_from_ckpt or --vocab_file, else it is learned from the corpus. Raises UserError if the folder
    was made with another vocabulary, from other files or with other settings.
    """
    folder, workers = Path(options.shards_dir), options.tokenize_processes or machine.cpu_count()
    folder.mkdir(parents=True, exist_ok=True)
    with locked(folder / ".lock"):
        tokenizer_folder = folder / "tokenizer"
        origin = options.init_from_ckpt or options.vocab_file or f"learned, {options.vocab_size} tokens"
        check_settings(tokenizer_folder, {"vocabulary": origin})
        if options.init_from_ckpt:
            FastWordPieceTokenizer.load(find_folder(options.init_from_ckpt)).save(tokenizer_folder)
        elif options.vocab_file:
            FastWordPieceTokenizer(read_vocabulary(Path(options.vocab_file))).save(tokenizer_folder)
        elif not (tokenizer_folder / "tokenizer.json").is_file():
            _learn_tokenizer(sources, options.vocab_size, workers).save(tokenizer_folder)
        whole_words = options.masking != "token"
        with ProgressCounter("tokenizing", "bytes") as count_bytes:
            build_shards(folder, sources, tokenizer_folder, whole_words, options.dev_share, workers, count_bytes)


def _learn_tokenizer(sources: Sequence[Source], vocab_size: int, workers: int) -> WordPieceTokenizer:
    word_counts: Counter = Counter()
    with ProgressCounter("counting words for the vocabulary", "documents") as count_documents:
        for source in sources:
            batches = document_batches(read_documents(source.path))
            for documents, counts in map_in_order(_word_counter, (), batches, workers):
                word_counts.update(counts)
                count_documents(documents)
    return FastWordPieceTokenizer({token: number for number, token in enumerate(learn_vocabulary(word_counts, vocab_size))})


def _word_counter() -> Callable[[List[Document]], Tuple[int, Counter]]:
    return _count_batch


def _count_batch(documents: List[Document]) -> Tuple[int, Counter]:
    """The number of documents, and how often each word occurs in them."""
    return len(documents), count_words([sentence for document in documents for sentence in document])
