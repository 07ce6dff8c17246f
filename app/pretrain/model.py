"""A BERT or ERNIE with its two pretraining heads: masked LM on the predicted positions only, and the sentence task.

[CLS] A [SEP] B [SEP] -> encoder -> sequence [B, S, H] -> predicted positions [M, H] -> transform -> x word embeddings -> [M, V]
                                 -> pooled   [B, H]    -> linear -> sentence logits [B, C]
"""

from __future__ import annotations

from typing import Optional, Tuple

import paddle
import paddle.nn.functional as F


class MaskedLMHead(paddle.nn.Layer):
    """Linear, activation, layer norm; then the word embeddings themselves as output weights (Press & Wolf 2017)."""

    def __init__(self, config):
        super().__init__()
        self.transform = paddle.nn.Linear(config.hidden_size, config.hidden_size)
        self.transform.weight.set_value(paddle.normal(0.0, config.initializer_range, self.transform.weight.shape))
        self.activation = getattr(F, config.hidden_act)
        self.layer_norm = paddle.nn.LayerNorm(config.hidden_size, epsilon=getattr(config, "layer_norm_eps", 1e-12))
        self.decoder_bias = self.create_parameter([config.vocab_size], is_bias=True)

    def forward(self, hidden: paddle.Tensor, word_embeddings: paddle.Tensor) -> paddle.Tensor:
        """[M, H], [V, H] -> logits [M, V]."""
        hidden = self.layer_norm(self.activation(self.transform(hidden)))
        return paddle.matmul(hidden, word_embeddings, transpose_y=True) + self.decoder_bias


class PretrainingHeads(paddle.nn.Layer):
    """Both heads, under the names that PaddleNLP gives them ("cls.predictions", "cls.seq_relationship")."""

    def __init__(self, config, sentence_labels: int):
        super().__init__()
        self.predictions = MaskedLMHead(config)
        if sentence_labels:
            self.seq_relationship = paddle.nn.Linear(config.hidden_size, sentence_labels)
            self.seq_relationship.weight.set_value(
                paddle.normal(0.0, config.initializer_range, self.seq_relationship.weight.shape)
            )


class PretrainingModel(paddle.nn.Layer):
    """Encoder and heads. `sentence_labels` 0: no sentence task, and no use of the pooled output."""

    def __init__(self, encoder: paddle.nn.Layer, sentence_labels: int):
        super().__init__()
        self.prefix = encoder.base_model_prefix
        setattr(self, self.prefix, encoder)
        self.cls = PretrainingHeads(encoder.config, sentence_labels)
        self.sentence_labels = sentence_labels
        if not sentence_labels:  # what nobody asks gets no gradient, and data-parallel training would wait for it
            for parameter in encoder.pooler.parameters():
                parameter.stop_gradient = True

    @property
    def encoder(self) -> paddle.nn.Layer:
        """What fine-tuning takes on."""
        return getattr(self, self.prefix)

    def forward(
        self, input_ids: paddle.Tensor, token_type_ids: paddle.Tensor, masked_positions: paddle.Tensor
    ) -> Tuple[paddle.Tensor, Optional[paddle.Tensor]]:
        """`input_ids`, `token_type_ids` int64 [B, S]; `predicted` int64 [M], places in the flattened [B x S].

        Returns masked-LM logits [M, V] and sentence logits [B, C] (None without a sentence task).
        """
        sequence, pooled = self.encoder(input_ids, token_type_ids=token_type_ids)[:2]
        hidden = sequence.reshape([-1, sequence.shape[-1]])  # [B, S, H] -> [B x S, H]
        hidden = paddle.gather(hidden, masked_positions)  # [B x S, H] -> [M, H]
        words = self.encoder.embeddings.word_embeddings.weight
        logits = self.cls.predictions(hidden, words)
        return logits, self.cls.seq_relationship(pooled) if self.sentence_labels else None


def flops(model: PretrainingModel, tokens: float, predictions: float, length: float) -> float:
    """Floating-point operations of forward and backward for that many tokens and predictions, at a mean length.

    Six a weight and token (two forward, four backward); attention 12 x layers x hidden x length a token
    (Chowdhery et al. 2022, B).
    """
    config = model.encoder.config
    layers = sum(p.size for name, p in model.encoder.named_parameters() if "encoder" in name and len(p.shape) == 2)
    head = config.hidden_size * (config.vocab_size + config.hidden_size)
    attention = 12 * config.num_hidden_layers * config.hidden_size * length
    return tokens * (6 * layers + attention) + predictions * 6 * head
