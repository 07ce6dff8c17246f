"""The pretraining task: it can be driven to zero loss, an epoch is the same at any world size, its means are over real predictions."""

import numpy as np
import paddle
import pytest
from conftest import sample_lines

from app import runtime
from app.encoder.from_scratch import encoder_from_scratch
from app.options import PretrainOptions
from app.pretrain.corpus import Corpus
from app.pretrain.documents import Source
from app.pretrain.model import PretrainingModel
from app.pretrain.segment_pairs import KINDS
from app.pretrain.task import PretrainTask
from app.pretrain.token_shards import build_shards
from app.text.fast_tokenizer import FastWordPieceTokenizer
from app.text.vocabulary import count_words, learn_vocabulary
from app.train.trainer import Trainer


@pytest.fixture(scope="module")
def shards(tmp_path_factory):
    """200 sentences of the sample in 20 documents."""
    folder = tmp_path_factory.mktemp("shards")
    texts = [line.split("\t")[0] for line in sample_lines("train", 200).splitlines()[1:]]
    documents = [texts[begin : begin + 10] for begin in range(0, 200, 10)]
    (folder / "a.txt").write_text("\n\n".join("\n".join(document) for document in documents), encoding="utf-8")
    vocabulary = learn_vocabulary(count_words([sentence for document in documents for sentence in document]), 400, 1)
    FastWordPieceTokenizer({token: number for number, token in enumerate(vocabulary)}).save(folder / "tokenizer")
    build_shards(folder / "shards", [Source(folder / "a.txt")], folder / "tokenizer", dev_share=0.2)
    return folder


def task_of(shards, tmp_path, size="tiny", **more):
    options = PretrainOptions(
        **{"output_dir": str(tmp_path), "max_seq_length": 48, "dev_share": 0.2, "device": "cpu", "learning_rate": 1e-3, **more}
    )
    runtime.set_seed(1)
    tokenizer = FastWordPieceTokenizer.load(shards / "tokenizer")
    model = PretrainingModel(encoder_from_scratch(size, tokenizer.size, 0.0), len(KINDS[options.sentence_task]))
    return PretrainTask(model, tokenizer, Corpus(shards / "shards"), options, {}, 1.0), options


def test_the_dev_part_is_drawn_from_all_held_out_documents(shards, tmp_path):
    """The first ones were taken, which is the first file alone where there are several."""
    whole, part = (task_of(shards, tmp_path, size="nano", max_seq_length=24, dev_sequences=count)[0] for count in (10**6, 8))
    assert len(part.dev.pairs) == 8 < len(whole.dev.pairs)
    begins = whole.dev.pairs.a_begin.tolist()
    positions = [begins.index(begin) for begin in part.dev.pairs.a_begin.tolist()]
    assert positions == sorted(positions) and max(positions) >= 8
    again = task_of(shards, tmp_path, size="nano", max_seq_length=24, dev_sequences=8, seed=7)[0]
    assert again.dev.pairs.a_begin.tolist() == part.dev.pairs.a_begin.tolist()  # figures of runs can be compared


def test_a_tiny_bert_overfits_two_hundred_sentences(shards, tmp_path):
    """The same examples and masks in every epoch, to be learned by heart: the loss can be driven down."""
    task, options = task_of(shards, tmp_path, batch_size=16, max_steps=250, dev_sequences=1, save_steps=1000)
    task.corpus.held_out[:] = False
    examples = task.examples(0)
    task.examples = lambda epoch: examples
    task.steps_in_epoch = lambda epoch: -(-len(examples.pairs) // 16)
    Trainer(task, options, options.max_steps).run()
    task.dev = examples
    metrics = task.evaluate()
    assert metrics["masked LM accuracy"] > 0.95 and metrics["sentence accuracy"] > 0.98, metrics


@pytest.mark.parametrize("processes", [1, 2, 3])
def test_an_epoch_is_the_same_at_any_world_size(shards, tmp_path, monkeypatch, processes):
    def rows(world):
        seen = []
        for rank in range(world):
            monkeypatch.setattr(runtime, "world_size", lambda: world)
            monkeypatch.setattr(runtime, "rank", lambda rank=rank: rank)
            monkeypatch.setattr("app.train.distributed.device_sum", lambda value: value)
            task, _ = task_of(shards, tmp_path, batch_size=12 // world)
            for micro_batches in task.steps(3, 0):
                for part in micro_batches:
                    for ids in part["input_ids"]:
                        seen.append(tuple(ids[ids != 0]) if part["counts"] else None)
        return sorted(row for row in seen if row is not None)

    assert rows(processes) == rows(1)


def test_masks_are_drawn_anew_every_epoch_and_again_the_same(shards, tmp_path):
    """The reference masks once and for all."""
    task, _ = task_of(shards, tmp_path)
    first, again = task.examples(1), task_of(shards, tmp_path)[0].examples(1)
    rows = np.arange(5)
    assert (first.batch(rows)["input_ids"] == again.batch(rows)["input_ids"]).all()
    first.epoch = 2
    assert (first.batch(rows)["input_ids"] != again.batch(rows)["input_ids"]).any()


def test_the_loss_is_a_mean_over_real_predictions_of_the_whole_step(shards, tmp_path):
    task, _ = task_of(shards, tmp_path, batch_size=6, gradient_accumulation_steps=2)
    task.model.eval()
    micro_batches = next(task.steps(0, 0))
    total = sum(float(task.loss(task.model, part)[0]) for part in micro_batches)
    lm = sentence = predictions = asked = 0.0
    for part in micro_batches:
        logits, sentence_logits = task.model(
            *(paddle.to_tensor(part[name]) for name in ("input_ids", "token_type_ids", "masked_positions"))
        )
        logged = paddle.nn.functional.log_softmax(logits, axis=-1).numpy()
        lm -= logged[np.arange(len(logged)), part["masked_lm_labels"]].sum()
        logged = paddle.nn.functional.log_softmax(sentence_logits, axis=-1).numpy()
        known = part["sentence_labels"] >= 0
        sentence -= logged[known, part["sentence_labels"][known]].sum()
        predictions, asked = predictions + len(part["masked_lm_labels"]), asked + known.sum()
    assert total == pytest.approx(lm / predictions + sentence / asked, abs=1e-4)


def test_both_answers_of_the_sentence_task_are_learned(shards, tmp_path):
    """The reference ignores class 0: its loss never moves the logits of 'next'."""
    task, _ = task_of(shards, tmp_path)
    for label in (0, 1):
        batch = {**next(task.steps(0, 0))[0]}
        batch["sentence_labels"] = np.full(len(batch["input_ids"]), label)
        before = task.model.cls.seq_relationship.bias.grad
        task.loss(task.model, batch)[0].backward()
        after = task.model.cls.seq_relationship.bias.grad
        assert float(after.abs().max()) > 0 and (before is None or (after != before).any())
        task.model.clear_gradients()


def test_an_epoch_ends_with_its_last_rows(shards, tmp_path):
    """The reference never trains the last shard of an epoch."""
    task, _ = task_of(shards, tmp_path, batch_size=7)
    seen = sum(len(part["input_ids"]) for micro_batches in task.steps(0, 0) for part in micro_batches)
    assert seen == len(task.examples(0).pairs) and len(list(task.steps(0, 0))) == task.steps_in_epoch(0)
    assert len(list(task.steps(0, 2))) == task.steps_in_epoch(0) - 2
