"""The model for inference: the encoder's last layer is computed for [CLS] only, because the pooler reads nothing else."""

from __future__ import annotations

import paddle

from app.match.model import PairClassifier

MASKED = -1e4  # added to the attention of padding, as PaddleNLP's encoders do


class InferenceModel(paddle.nn.Layer):
    """The same logits as PairClassifier's, up to rounding, with less work in the last layer."""

    def __init__(self, model: PairClassifier):
        super().__init__()
        self.model = model
        for layer in model.sublayers():  # dropout left in the graph would copy its input and prevent fusions
            if isinstance(layer, paddle.nn.Dropout):
                layer.p = 0
            elif isinstance(layer, paddle.nn.MultiHeadAttention):
                layer.dropout = 0
        layers = getattr(getattr(model.encoder, "encoder", None), "layers", None)
        plain = type(model.encoder).__name__ in ("BertModel", "ErnieModel", "RobertaModel")
        self._shortened = plain and layers is not None and not layers[0].normalize_before

    def forward(self, input_ids: paddle.Tensor, token_type_ids: paddle.Tensor) -> paddle.Tensor:
        """`input_ids`, `token_type_ids`: int64 [B, S] -> logits: float32 [B, labels]."""
        if not self._shortened:
            return self.model(input_ids, token_type_ids)
        encoder = self.model.encoder
        mask = paddle.unsqueeze((input_ids == encoder.pad_token_id).astype("float32") * MASKED, axis=[1, 2])  # [B, 1, 1, S]
        segments = token_type_ids if self.model.has_segments else paddle.zeros_like(token_type_ids)
        states = encoder.embeddings(input_ids=input_ids, token_type_ids=segments)  # [B, S, H]
        for layer in encoder.encoder.layers[:-1]:
            states = layer(states, mask)
        first = _last_layer(encoder.encoder.layers[-1], states, mask)  # [B, S, H] -> [B, 1, H]
        return self.model.classifier(encoder.pooler(first))


def _last_layer(layer: paddle.nn.TransformerEncoderLayer, states: paddle.Tensor, mask: paddle.Tensor) -> paddle.Tensor:
    """The layer's output for the first token, [B, S, H] -> [B, 1, H]. It attends to all tokens; their outputs are not needed."""
    first = states[:, :1]
    first = layer.norm1(first + layer.self_attn(first, states, states, mask))
    return layer.norm2(first + layer.linear2(layer.activation(layer.linear1(first))))
