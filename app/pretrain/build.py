"""Options -> the pretraining task: its corpus, its model at the starting point, and the metadata of its checkpoints."""

from __future__ import annotations

from pathlib import Path
from typing import Tuple

import numpy as np

from app import machine
from app.encoder.from_scratch import encoder_from_scratch
from app.options import PretrainOptions
from app.pretrain.checkpoint import load_for_pretraining
from app.pretrain.corpus import Corpus
from app.pretrain.documents import parse_sources
from app.pretrain.model import PretrainingModel
from app.pretrain.segment_pairs import SENTENCE_TASKS
from app.pretrain.task import PretrainTask
from app.text.fast_tokenizer import FastWordPieceTokenizer
from app.train import distributed


def build(options: PretrainOptions) -> Tuple[PretrainTask, str]:
    """The task, and a text that says what its model starts from. All processes must call it."""
    sources = parse_sources(options.corpus)
    corpus = Corpus(Path(options.shards_dir), [source.weight for source in sources])
    num_sentence_labels = len(SENTENCE_TASKS[options.sentence_task])
    if options.init_from_ckpt:
        model, tokenizer, started_from = load_for_pretraining(options.init_from_ckpt, num_sentence_labels, options.dropout)
    else:
        tokenizer = FastWordPieceTokenizer.load(Path(options.shards_dir) / "tokenizer")
        encoder = encoder_from_scratch(options.model_size, tokenizer.size, options.dropout, options.architecture)
        model = PretrainingModel(encoder, num_sentence_labels)
        started_from = f"random weights ({options.architecture} {options.model_size})"
    metadata = {
        "corpus": [{"file": source.path.name, "weight": source.weight} for source in sources],
        "tokens": int(corpus.sentences[-1]),
        "sentence_task": options.sentence_task,
        "masking": options.masking,
        "started_from": started_from if not options.init_from_ckpt else Path(options.init_from_ckpt).name,
    }
    matmul_rate = machine.matmul_rate(options.amp_dtype if options.amp != "none" else "float32")
    matmul_rate = float(distributed.all_sum(np.array([matmul_rate]))[0])  # measured in all processes at the same time
    return PretrainTask(model, tokenizer, corpus, options, metadata, matmul_rate), started_from
