"""The pretraining model: its size, its masked-LM head with tied weights, its checkpoint."""

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
TOKEN_TYPE_IDS = paddle.to_tensor(np.array([[0, 0, 0, 0, 1, 1, 0, 0], [0, 0, 0, 1, 1, 1, 1, 1]]))
MASKED_POSITIONS = paddle.to_tensor(np.array([2, 9, 14]))


def model_of(architecture="bert", labels=2, vocabulary=15):
    runtime.set_seed(1)
    model = PretrainingModel(encoder_from_scratch("tiny", vocabulary, architecture=architecture), labels)
    model.eval()
    return model


def test_position_embeddings_start_as_sinusoids():
    table = sinusoids(512, 128)
    assert table.shape == (512, 128) and table[7, 0] == np.float32(np.sin(7)) and table[7, 1] == np.float32(np.cos(7))
    np.testing.assert_allclose(table[5] @ table[8], table[300] @ table[303], rtol=1e-4)  # the product depends on the distance only
    encoder = model_of().encoder
    weights, words = encoder.embeddings.position_embeddings.weight.numpy(), encoder.config.initializer_range
    np.testing.assert_allclose(weights, np.sqrt(2) * words * table, rtol=1e-5)


@pytest.mark.parametrize("size, millions", [("base", 109.5), pytest.param("large", 335.1, marks=pytest.mark.slow)])
def test_base_and_large_have_the_published_sizes(size, millions):
    """110M and 340M, as Devlin et al. round them: google-research/bert's uncased checkpoints with their 30,522 tokens."""
    assert sum(p.size for p in encoder_from_scratch(size, 30522).parameters()) / 1e6 == pytest.approx(millions, abs=0.1)


def test_ernie_has_the_size_of_bert():
    bert, ernie = (
        sum(p.size for p in encoder_from_scratch("mini", 500, architecture=name).parameters()) for name in ("bert", "ernie")
    )
    assert bert == ernie


def test_logits_of_masked_positions_equal_those_of_all_positions():
    model = model_of()
    all_positions = paddle.arange(IDS.size)
    logits, sentence = model(IDS, TOKEN_TYPE_IDS, MASKED_POSITIONS)
    np.testing.assert_allclose(logits.numpy(), model(IDS, TOKEN_TYPE_IDS, all_positions)[0].numpy()[MASKED_POSITIONS.numpy()], atol=1e-6)
    assert logits.shape == [3, 15] and sentence.shape == [2, 2]


@pytest.mark.parametrize("labels", [0, 2, 3])
@pytest.mark.parametrize("architecture", ["bert", "ernie"])
def test_every_trainable_parameter_gets_a_gradient(architecture, labels):
    """A layer made inside `forward` is never trained; an unused one stops data-parallel training."""
    model = model_of(architecture, labels)
    logits, sentence = model(IDS, TOKEN_TYPE_IDS, MASKED_POSITIONS)
    (logits.square().sum() + (sentence.square().sum() if labels else 0)).backward()
    without = [name for name, p in model.named_parameters() if not p.stop_gradient and p.grad is None]
    assert not without and "cls.predictions.decoder_bias" in dict(model.named_parameters())
    output_words = [name for name, p in model.named_parameters() if list(p.shape) == [15, 128]]
    assert len(output_words) == 1 and output_words[0].endswith("word_embeddings.weight")  # tied, not copied


@pytest.mark.parametrize("architecture, theirs", [("bert", BertForMaskedLM), ("ernie", ErnieForMaskedLM)])
def test_paddlenlp_loads_the_folder(architecture, theirs, tmp_path):
    model = model_of(architecture)
    save_pretrained(tmp_path / "best", model, TOKENIZER, {})
    ours = model(IDS, TOKEN_TYPE_IDS, MASKED_POSITIONS)[0].numpy()
    encoder = AutoModel.from_pretrained(str(tmp_path / "best"))
    assert encoder.config.hidden_dropout_prob == 0.1  # for fine-tuning, whatever pretraining used
    for name, tensor in model.encoder.state_dict().items():
        np.testing.assert_array_equal(tensor.numpy(), encoder.state_dict()[name].numpy())
    masked = theirs.from_pretrained(str(tmp_path / "best"))
    masked.eval()
    logits = masked(IDS, TOKEN_TYPE_IDS).reshape([-1, 15]).numpy()[MASKED_POSITIONS.numpy()]
    np.testing.assert_allclose(logits, ours, atol=1e-5)


def test_paddlenlp_loads_the_next_sentence_head(tmp_path):
    model = model_of()
    save_pretrained(tmp_path / "best", model, TOKENIZER, {})
    theirs = BertForPretraining.from_pretrained(str(tmp_path / "best"))
    theirs.eval()
    np.testing.assert_allclose(theirs(IDS, TOKEN_TYPE_IDS)[1].numpy(), model(IDS, TOKEN_TYPE_IDS, MASKED_POSITIONS)[1].numpy(), atol=1e-5)


def test_without_a_sentence_task_the_message_does_not_mention_its_head(tmp_path):
    save_pretrained(tmp_path / "nsp", model_of(), TOKENIZER, {})
    messages = [load_for_pretraining(str(tmp_path / "nsp"), 0, 0.0)[2]]
    save_pretrained(tmp_path / "none", PretrainingModel(encoder_from_scratch("tiny", TOKENIZER.size), 0), TOKENIZER, {})
    messages.append(load_for_pretraining(str(tmp_path / "none"), 0, 0.0)[2])
    os.unlink(tmp_path / "none/pretraining.json")  # like a folder of another program
    messages.append(load_for_pretraining(str(tmp_path / "none"), 0, 0.0)[2])
    messages = [message.rpartition("/")[2] for message in messages]  # without the path
    for message in messages:
        assert "masked-LM head" in message and "sentence" not in message and "both" not in message, messages


def test_fine_tuning_has_dropout_after_pretraining_without_dropout(tmp_path):
    """Also before the classifier, which `classifier_dropout: 0.0` would switch off."""
    save_pretrained(tmp_path / "best", model_of(), TOKENIZER, {})
    for folder in (tmp_path / "best", ROOT / "data/models/bert-mini-zh"):
        for dropout, expected in ((-1, 0.1), (0.3, 0.3), (0, 0)):
            assert PairClassifier(load_pretrained(str(folder), dropout)[0], 2).dropout.p == expected


def test_further_pretraining_says_which_heads_are_new(tmp_path):
    model = model_of()
    save_pretrained(tmp_path / "best", model, TOKENIZER, {})
    same, _, message = load_for_pretraining(str(tmp_path / "best"), 2, 0.0)
    assert "with both heads" in message
    assert all((a.numpy() == b.numpy()).all() for a, b in zip(model.state_dict().values(), same.state_dict().values()))
    other, _, message = load_for_pretraining(str(tmp_path / "best"), 3, 0.0)
    assert "the sentence head is new" in message and other.cls.seq_relationship.weight.shape == [128, 3]
    np.testing.assert_array_equal(other.cls.predictions.transform.weight.numpy(), model.cls.predictions.transform.weight.numpy())


def test_other_folders_are_refused(tmp_path):
    with pytest.raises(UserError, match="pretraining.json"):
        load_pretraining(tmp_path)


def test_recompute_calls_each_layer_twice_and_changes_no_gradient():
    gradients = []
    for recompute in (False, True):
        model = model_of()
        model.train()
        set_recompute(model, recompute)
        calls = []
        model.encoder.encoder.layers[0].register_forward_pre_hook(lambda *_, calls=calls: calls.append(1))
        logits, sentence = model(IDS, TOKEN_TYPE_IDS, MASKED_POSITIONS)
        (logits.square().sum() + sentence.square().sum()).backward()
        assert len(calls) == 1 + recompute
        gradients.append({name: p.grad.numpy() for name, p in model.named_parameters()})
    for name, gradient in gradients[0].items():
        np.testing.assert_allclose(gradient, gradients[1][name], atol=1e-4, err_msg=name)
