"""The point-wise matching classifier: a BERT or ERNIE encoder, its pooled output, dropout, one linear layer.

[CLS] A [SEP] B [SEP]  ->  encoder  ->  pooled [B, H]  ->  dropout  ->  linear  ->  logits [B, labels]
"""

from __future__ import annotations

import paddle


class PairClassifier(paddle.nn.Layer):
    """Logits of `[CLS] A [SEP] B [SEP]` for each label. The encoder's tensors have PaddleNLP's prefix ("bert.", "ernie."):
    AutoModel finds them.
    """

    def __init__(self, encoder: paddle.nn.Layer, labels: int):
        super().__init__()
        self.prefix = encoder.base_model_prefix
        setattr(self, self.prefix, encoder)
        config = encoder.config
        dropout = getattr(config, "classifier_dropout", None)
        self.dropout = paddle.nn.Dropout(config.hidden_dropout_prob if dropout is None else dropout)
        self.classifier = paddle.nn.Linear(config.hidden_size, labels)
        # BERT initialises all linear layers like this, the classifier too (google-research/bert, `create_initializer(0.02)`).
        self.classifier.weight.set_value(paddle.normal(0.0, config.initializer_range, self.classifier.weight.shape))
        self.has_segments = getattr(config, "type_vocab_size", 2) > 1  # RoBERTa has one segment: all segment ids are 0

    @property
    def encoder(self) -> paddle.nn.Layer:
        """The pretrained part."""
        return getattr(self, self.prefix)

    def forward(self, input_ids: paddle.Tensor, token_type_ids: paddle.Tensor) -> paddle.Tensor:
        """`input_ids`, `token_type_ids`: int64 [B, S] -> logits: float32 [B, labels]. The encoder itself masks the padding."""
        segments = token_type_ids if self.has_segments else paddle.zeros_like(token_type_ids)
        output = self.encoder(input_ids, token_type_ids=segments)
        if isinstance(output, (tuple, list)) and len(output) > 1:
            pooled = output[1]  # [B, H], from the encoder's pooler
        else:
            sequence = output[0] if isinstance(output, (tuple, list)) else output  # [B, S, H], an encoder without pooler
            pooled = sequence[:, 0]  # [B, S, H] -> [B, H], the vector of [CLS]
        return self.classifier(self.dropout(pooled))
