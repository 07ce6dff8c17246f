"""A BERT or ERNIE encoder with its two pretraining heads: masked LM and sentence task.

[CLS] A [SEP] B [SEP] -> encoder -> sequence output [B, S, H] -> masked positions [M, H] -> masked-LM head -> logits [M, V]
                                 -> pooled output   [B, H]    -> linear -> sentence logits [B, C]

The masked-LM head computes the masked positions only. B: batch size, S: sequence length, M: masked positions of the batch,
H: hidden size, V: vocabulary size, C: labels of the sentence task.
"""

from __future__ import annotations

from typing import Optional, Tuple

import paddle
import paddle.nn.functional as F


class MaskedLMHead(paddle.nn.Layer):
    """Linear, activation, layer norm; the output weights are the word embeddings themselves (Press & Wolf 2017)."""

    def __init__(self, config):
        super().__init__()
        self.transform = paddle.nn.Linear(config.hidden_size, config.hidden_size)
        self.transform.weight.set_value(paddle.normal(0.0, config.initializer_range, self.transform.weight.shape))
        self.activation = getattr(F, config.hidden_act)
        self.layer_norm = paddle.nn.LayerNorm(config.hidden_size, epsilon=getattr(config, "layer_norm_eps", 1e-12))
        self.decoder_bias = self.create_parameter([config.vocab_size], is_bias=True)

    def forward(self, hidden_states: paddle.Tensor, word_embeddings: paddle.Tensor) -> paddle.Tensor:
        """`hidden_states` [M, H], `word_embeddings` [V, H] -> logits [M, V]."""
        hidden_states = self.layer_norm(self.activation(self.transform(hidden_states)))
        return paddle.matmul(hidden_states, word_embeddings, transpose_y=True) + self.decoder_bias


class PretrainingHeads(paddle.nn.Layer):
    """Both heads. Their weights have PaddleNLP's names ("cls.predictions", "cls.seq_relationship")."""

    def __init__(self, config, num_sentence_labels: int):
        super().__init__()
        self.predictions = MaskedLMHead(config)
        if num_sentence_labels:
            self.seq_relationship = paddle.nn.Linear(config.hidden_size, num_sentence_labels)
            self.seq_relationship.weight.set_value(
                paddle.normal(0.0, config.initializer_range, self.seq_relationship.weight.shape)
            )


class PretrainingModel(paddle.nn.Layer):
    """Encoder and heads. `num_sentence_labels` 0: there is no sentence task, and the pooled output is not used."""

    def __init__(self, encoder: paddle.nn.Layer, num_sentence_labels: int):
        super().__init__()
        self.prefix = encoder.base_model_prefix
        setattr(self, self.prefix, encoder)
        self.cls = PretrainingHeads(encoder.config, num_sentence_labels)
        self.num_sentence_labels = num_sentence_labels
        if not num_sentence_labels:  # the pooler gets no gradient then, and data-parallel training would wait for one
            for parameter in encoder.pooler.parameters():
                parameter.stop_gradient = True

    @property
    def encoder(self) -> paddle.nn.Layer:
        """The model without the heads, which fine-tuning starts from."""
        return getattr(self, self.prefix)

    def forward(
        self, input_ids: paddle.Tensor, token_type_ids: paddle.Tensor, masked_lm_positions: paddle.Tensor
    ) -> Tuple[paddle.Tensor, Optional[paddle.Tensor]]:
        """`input_ids`, `token_type_ids`: int64 [B, S]; `masked_lm_positions`: int64 [M], positions in the flattened [B x S].

        Returns the masked-LM logits [M, V], and the sentence logits [B, C] (None without a sentence task).
        """
        sequence_output, pooled_output = self.encoder(input_ids, token_type_ids=token_type_ids)[:2]
        hidden_states = sequence_output.reshape([-1, sequence_output.shape[-1]])  # [B, S, H] -> [B x S, H]
        hidden_states = paddle.gather(hidden_states, masked_lm_positions)  # [B x S, H] -> [M, H]
        logits = self.cls.predictions(hidden_states, self.encoder.embeddings.word_embeddings.weight)
        return logits, self.cls.seq_relationship(pooled_output) if self.num_sentence_labels else None


def flops(model: PretrainingModel, tokens: float, predictions: float, mean_length: float) -> float:
    """Floating-point operations of forward and backward pass for this number of tokens and of predicted tokens.

    `mean_length`: tokens per sequence. 6 operations per weight and token (2 forward, 4 backward), and for attention
    12 x layers x hidden size x length per token (Chowdhery et al. 2022, B).
    """
    config = model.encoder.config
    layers = sum(p.size for name, p in model.encoder.named_parameters() if "encoder" in name and len(p.shape) == 2)
    head = config.hidden_size * (config.vocab_size + config.hidden_size)
    attention = 12 * config.num_hidden_layers * config.hidden_size * mean_length
    return tokens * (6 * layers + attention) + predictions * 6 * head
