"""The pretraining task: it can overfit, an epoch is the same at any world size, its losses are means over the real predictions."""

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
from app.pretrain.segment_pairs import SENTENCE_TASKS
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


def task_of(shards, tmp_path, size="tiny", **more_options):
    options = PretrainOptions(
        **{"output_dir": str(tmp_path), "max_seq_length": 48, "dev_share": 0.2, "device": "cpu", "learning_rate": 1e-3, **more_options}
    )
    runtime.set_seed(1)
    tokenizer = FastWordPieceTokenizer.load(shards / "tokenizer")
    model = PretrainingModel(encoder_from_scratch(size, tokenizer.size, 0.0), len(SENTENCE_TASKS[options.sentence_task]))
    return PretrainTask(model, tokenizer, Corpus(shards / "shards"), options, {}, 1.0), options


def test_dev_examples_are_a_sample_of_all_held_out_documents(shards, tmp_path):
    """Of several files, the first examples would all come from the first file."""
    every, sample = (task_of(shards, tmp_path, size="nano", max_seq_length=24, dev_sequences=count)[0] for count in (10**6, 8))
    assert len(sample.dev.pairs) == 8 < len(every.dev.pairs)
    begins = every.dev.pairs.a_begin.tolist()
    indices = [begins.index(begin) for begin in sample.dev.pairs.a_begin.tolist()]
    assert indices == sorted(indices) and max(indices) >= 8
    again = task_of(shards, tmp_path, size="nano", max_seq_length=24, dev_sequences=8, seed=7)[0]
    assert again.dev.pairs.a_begin.tolist() == sample.dev.pairs.a_begin.tolist()  # metrics of runs can be compared


@pytest.mark.slow
def test_a_tiny_bert_overfits_two_hundred_sentences(shards, tmp_path):
    """With the same examples and masks in every epoch, the model can learn them by heart."""
    task, options = task_of(shards, tmp_path, batch_size=16, max_steps=250, dev_sequences=1, save_steps=1000)
    task.corpus.held_out[:] = False
    dataset = task.dataset(0)
    task.dataset = lambda epoch: dataset
    task.steps_in_epoch = lambda epoch: -(-len(dataset.pairs) // 16)
    Trainer(task, options, options.max_steps).run()
    task.dev = dataset
    metrics = task.evaluate()
    assert metrics["masked LM accuracy"] > 0.95 and metrics["sentence accuracy"] > 0.98, metrics


@pytest.mark.parametrize("processes", [1, 2, 3])
def test_an_epoch_is_the_same_at_any_world_size(shards, tmp_path, monkeypatch, processes):
    def examples(world):
        seen = []
        for rank in range(world):
            monkeypatch.setattr(runtime, "world_size", lambda: world)
            monkeypatch.setattr(runtime, "rank", lambda rank=rank: rank)
            monkeypatch.setattr("app.train.distributed.device_sum", lambda value: value)
            task, _ = task_of(shards, tmp_path, batch_size=12 // world)
            for micro_batches in task.steps(3, 0):
                for batch in micro_batches:
                    if batch["example_weight"]:
                        seen += [tuple(ids[ids != 0]) for ids in batch["input_ids"]]
        return sorted(seen)

    assert examples(processes) == examples(1)


def test_masks_differ_between_epochs_and_are_reproducible(shards, tmp_path):
    """The reference code masks the corpus only once."""
    task, _ = task_of(shards, tmp_path)
    first, again = task.dataset(1), task_of(shards, tmp_path)[0].dataset(1)
    indices = np.arange(5)
    assert (first.batch(indices)["input_ids"] == again.batch(indices)["input_ids"]).all()
    first.epoch = 2
    assert (first.batch(indices)["input_ids"] != again.batch(indices)["input_ids"]).any()


def test_the_loss_is_a_mean_over_the_real_predictions_of_a_step(shards, tmp_path):
    task, _ = task_of(shards, tmp_path, batch_size=6, gradient_accumulation_steps=2)
    task.model.eval()
    micro_batches = next(task.steps(0, 0))
    total = sum(float(task.loss(task.model, batch)[0]) for batch in micro_batches)
    lm = sentence = predictions = labelled_examples = 0.0
    for batch in micro_batches:
        logits, sentence_logits = task.model(
            *(paddle.to_tensor(batch[name]) for name in ("input_ids", "token_type_ids", "masked_lm_positions"))
        )
        log_probabilities = paddle.nn.functional.log_softmax(logits, axis=-1).numpy()
        lm -= log_probabilities[np.arange(len(log_probabilities)), batch["masked_lm_labels"]].sum()
        log_probabilities = paddle.nn.functional.log_softmax(sentence_logits, axis=-1).numpy()
        labelled = batch["sentence_labels"] >= 0
        sentence -= log_probabilities[labelled, batch["sentence_labels"][labelled]].sum()
        predictions += len(batch["masked_lm_labels"])
        labelled_examples += labelled.sum()
    assert total == pytest.approx(lm / predictions + sentence / labelled_examples, abs=1e-4)


def test_both_labels_of_the_sentence_task_are_learned(shards, tmp_path):
    """The reference code ignores label 0, so it never learns when B follows A."""
    task, _ = task_of(shards, tmp_path)
    for label in (0, 1):
        batch = {**next(task.steps(0, 0))[0]}
        batch["sentence_labels"] = np.full(len(batch["input_ids"]), label)
        before = task.model.cls.seq_relationship.bias.grad
        task.loss(task.model, batch)[0].backward()
        after = task.model.cls.seq_relationship.bias.grad
        assert float(after.abs().max()) > 0 and (before is None or (after != before).any())
        task.model.clear_gradients()


def test_an_epoch_has_all_examples(shards, tmp_path):
    """The reference code does not train on the last shard of an epoch."""
    task, _ = task_of(shards, tmp_path, batch_size=7)
    seen = sum(len(batch["input_ids"]) for micro_batches in task.steps(0, 0) for batch in micro_batches)
    assert seen == len(task.dataset(0).pairs) and len(list(task.steps(0, 0))) == task.steps_in_epoch(0)
    assert len(list(task.steps(0, 2))) == task.steps_in_epoch(0) - 2
