"""The pretraining model: its size, its tied head on predicted positions only, its checkpoint."""

import os

import numpy as np
import paddle
import pytest
from conftest import ROOT
from paddlenlp.transformers import AutoModel, BertForMaskedLM, BertForPretraining, ErnieForMaskedLM

from app import runtime
from app.encoder.from_scratch import encoder_from_scratch, sinusoids
from app.encoder.pretrained import load_pretrained
from app.errors import UserError
from app.match.model import PairClassifier
from app.pretrain.checkpoint import load_for_pretraining, load_pretraining, save_pretrained
from app.pretrain.model import PretrainingModel
from app.text.fast_tokenizer import FastWordPieceTokenizer
from app.text.vocabulary import SPECIAL_TOKENS
from app.train.trainer import set_recompute

TOKENIZER = FastWordPieceTokenizer({token: number for number, token in enumerate(SPECIAL_TOKENS + list("abcdefghij"))})
IDS = paddle.to_tensor(np.array([[2, 6, 4, 3, 8, 3, 0, 0], [2, 4, 3, 8, 9, 10, 4, 3]]))
SEGMENTS = paddle.to_tensor(np.array([[0, 0, 0, 0, 1, 1, 0, 0], [0, 0, 0, 1, 1, 1, 1, 1]]))
PREDICTED = paddle.to_tensor(np.array([2, 9, 14]))


def model_of(architecture="bert", labels=2, vocabulary=15):
    runtime.set_seed(1)
    model = PretrainingModel(encoder_from_scratch("tiny", vocabulary, architecture=architecture), labels)
    model.eval()
    return model


def test_positions_begin_as_sinusoids():
    table = sinusoids(512, 128)
    assert table.shape == (512, 128) and table[7, 0] == np.float32(np.sin(7)) and table[7, 1] == np.float32(np.cos(7))
    np.testing.assert_allclose(table[5] @ table[8], table[300] @ table[303], rtol=1e-4)  # a distance is the same everywhere
    encoder = model_of().encoder
    weights, words = encoder.embeddings.position_embeddings.weight.numpy(), encoder.config.initializer_range
    np.testing.assert_allclose(weights, np.sqrt(2) * words * table, rtol=1e-5)


@pytest.mark.parametrize("size, millions", [("base", 109.5), pytest.param("large", 335.1, marks=pytest.mark.slow)])
def test_base_and_large_have_the_published_sizes(size, millions):
    """110M and 340M, as Devlin et al. round them: google-research/bert's uncased checkpoints with their 30,522 tokens."""
    assert sum(p.size for p in encoder_from_scratch(size, 30522).parameters()) / 1e6 == pytest.approx(millions, abs=0.1)


def test_ernie_has_berts_size():
    bert, ernie = (
        sum(p.size for p in encoder_from_scratch("mini", 500, architecture=name).parameters()) for name in ("bert", "ernie")
    )
    assert bert == ernie


def test_the_head_on_predicted_positions_is_the_head_on_all_of_them():
    model = model_of()
    every = paddle.arange(IDS.size)
    logits, sentence = model(IDS, SEGMENTS, PREDICTED)
    np.testing.assert_allclose(logits.numpy(), model(IDS, SEGMENTS, every)[0].numpy()[PREDICTED.numpy()], atol=1e-6)
    assert logits.shape == [3, 15] and sentence.shape == [2, 2]


@pytest.mark.parametrize("labels", [0, 2, 3])
@pytest.mark.parametrize("architecture", ["bert", "ernie"])
def test_everything_that_is_trained_gets_a_gradient(architecture, labels):
    """A layer made inside `forward` is never trained; an unused one stops data-parallel training."""
    model = model_of(architecture, labels)
    logits, sentence = model(IDS, SEGMENTS, PREDICTED)
    (logits.square().sum() + (sentence.square().sum() if labels else 0)).backward()
    without = [name for name, p in model.named_parameters() if not p.stop_gradient and p.grad is None]
    assert not without and "cls.predictions.decoder_bias" in dict(model.named_parameters())
    output_words = [name for name, p in model.named_parameters() if list(p.shape) == [15, 128]]
    assert len(output_words) == 1 and output_words[0].endswith("word_embeddings.weight")  # tied, not copied


@pytest.mark.parametrize("architecture, theirs", [("bert", BertForMaskedLM), ("ernie", ErnieForMaskedLM)])
def test_paddlenlp_reads_the_folder(architecture, theirs, tmp_path):
    model = model_of(architecture)
    save_pretrained(tmp_path / "best", model, TOKENIZER, {})
    ours = model(IDS, SEGMENTS, PREDICTED)[0].numpy()
    encoder = AutoModel.from_pretrained(str(tmp_path / "best"))
    assert encoder.config.hidden_dropout_prob == 0.1  # for fine-tuning, whatever pretraining used
    for name, tensor in model.encoder.state_dict().items():
        np.testing.assert_array_equal(tensor.numpy(), encoder.state_dict()[name].numpy())
    masked = theirs.from_pretrained(str(tmp_path / "best"))
    masked.eval()
    logits = masked(IDS, SEGMENTS).reshape([-1, 15]).numpy()[PREDICTED.numpy()]
    np.testing.assert_allclose(logits, ours, atol=1e-5)


def test_paddlenlps_next_sentence_head_is_ours(tmp_path):
    model = model_of()
    save_pretrained(tmp_path / "best", model, TOKENIZER, {})
    theirs = BertForPretraining.from_pretrained(str(tmp_path / "best"))
    theirs.eval()
    np.testing.assert_allclose(theirs(IDS, SEGMENTS)[1].numpy(), model(IDS, SEGMENTS, PREDICTED)[1].numpy(), atol=1e-5)


def test_without_a_sentence_task_nobody_speaks_of_its_head(tmp_path):
    save_pretrained(tmp_path / "asked", model_of(), TOKENIZER, {})
    message = [load_for_pretraining(str(tmp_path / "asked"), 0, 0.0)[2]]  # begins with the folder
    save_pretrained(tmp_path / "none", PretrainingModel(encoder_from_scratch("tiny", TOKENIZER.size), 0), TOKENIZER, {})
    message.append(load_for_pretraining(str(tmp_path / "none"), 0, 0.0)[2])
    os.unlink(tmp_path / "none/pretraining.json")  # as a folder of somebody else's
    message.append(load_for_pretraining(str(tmp_path / "none"), 0, 0.0)[2])
    said = [words.rpartition("/")[2] for words in message]
    assert all("masked-LM head" in words and "sentence" not in words and "both" not in words for words in said), said


def test_fine_tuning_finds_dropout_in_what_pretraining_without_it_wrote(tmp_path):
    """The head's, too: `classifier_dropout: 0.0` took it away."""
    save_pretrained(tmp_path / "best", model_of(), TOKENIZER, {})
    for folder in (tmp_path / "best", ROOT / "data/models/bert-mini-zh"):
        for asked, expected in ((-1, 0.1), (0.3, 0.3), (0, 0)):
            assert PairClassifier(load_pretrained(str(folder), asked)[0], 2).dropout.p == expected


def test_going_on_says_which_heads_it_found(tmp_path):
    model = model_of()
    save_pretrained(tmp_path / "best", model, TOKENIZER, {})
    same, _, message = load_for_pretraining(str(tmp_path / "best"), 2, 0.0)
    assert "heads included" in message
    assert all((a.numpy() == b.numpy()).all() for a, b in zip(model.state_dict().values(), same.state_dict().values()))
    other, _, message = load_for_pretraining(str(tmp_path / "best"), 3, 0.0)
    assert "the sentence head is new" in message and other.cls.seq_relationship.weight.shape == [128, 3]
    np.testing.assert_array_equal(other.cls.predictions.transform.weight.numpy(), model.cls.predictions.transform.weight.numpy())


def test_other_folders_are_refused(tmp_path):
    with pytest.raises(UserError, match="pretraining.json"):
        load_pretraining(tmp_path)


def test_recomputing_calls_each_layer_twice_and_changes_no_gradient():
    gradients = []
    for recompute in (False, True):
        model = model_of()
        model.train()
        set_recompute(model, recompute)
        calls = []
        model.encoder.encoder.layers[0].register_forward_pre_hook(lambda *_, calls=calls: calls.append(1))
        logits, sentence = model(IDS, SEGMENTS, PREDICTED)
        (logits.square().sum() + sentence.square().sum()).backward()
        assert len(calls) == 1 + recompute
        gradients.append({name: p.grad.numpy() for name, p in model.named_parameters()})
    for name, gradient in gradients[0].items():
        np.testing.assert_allclose(gradient, gradients[1][name], atol=1e-4, err_msg=name)
