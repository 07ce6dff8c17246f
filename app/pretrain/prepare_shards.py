"""Options -> a tokenizer's folder and complete shards beside it; one process at a time, the others find them made."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Callable, List, Sequence, Tuple

from app import machine
from app.atomic import locked
from app.encoder.hub import find_folder
from app.options import PretrainOptions
from app.pretrain.documents import Document, Source, read_documents
from app.pretrain.parallel_map import map_in_order
from app.pretrain.token_shards import build_shards, check_settings, in_batches
from app.progress import ProgressCounter
from app.text.fast_tokenizer import FastWordPieceTokenizer
from app.text.tokenizer import WordPieceTokenizer
from app.text.vocabulary import count_words, learn_vocabulary, read_vocabulary


def prepare_shards(options: PretrainOptions, sources: Sequence[Source]) -> None:
    """Makes vocabulary and shards in `options.shards_dir` where they are not there yet."""
    folder, workers = Path(options.shards_dir), options.tokenize_processes or machine.cpu_count()
    folder.mkdir(parents=True, exist_ok=True)
    with locked(folder / ".lock"):
        tokenizer = folder / "tokenizer"
        origin = options.init_from_ckpt or options.vocab_file or f"learned, {options.vocab_size} tokens"
        check_settings(tokenizer, {"vocabulary": origin})
        if options.init_from_ckpt:
            FastWordPieceTokenizer.load(find_folder(options.init_from_ckpt)).save(tokenizer)
        elif options.vocab_file:
            FastWordPieceTokenizer(read_vocabulary(Path(options.vocab_file))).save(tokenizer)
        elif not (tokenizer / "tokenizer.json").is_file():
            _learn(sources, options.vocab_size, workers).save(tokenizer)
        words = options.masking != "token"
        with ProgressCounter("tokenizing", "bytes") as done:
            build_shards(folder, sources, tokenizer, words, options.dev_share, workers, done)


def _learn(sources: Sequence[Source], size: int, workers: int) -> WordPieceTokenizer:
    counts: Counter = Counter()
    with ProgressCounter("counting words for the vocabulary", "documents") as done:
        for source in sources:
            for documents, part in map_in_order(_counting, (), in_batches(read_documents(source.path)), workers):
                counts.update(part)
                done(documents)
    return FastWordPieceTokenizer({token: number for number, token in enumerate(learn_vocabulary(counts, size))})


def _counting() -> Callable[[List[Document]], Tuple[int, Counter]]:
    return _count


def _count(documents: List[Document]) -> Tuple[int, Counter]:
    return len(documents), count_words([sentence for document in documents for sentence in document])
