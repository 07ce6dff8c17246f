"""The exported graph built for TensorRT in fp16: for one kind of GPU, and for batches up to a shape."""

from __future__ import annotations

from pathlib import Path

from app import runtime

BATCH_TOKENS = 4096  # memory is set aside for the most rows of the longest pairs
SHORTEST = 5  # [CLS] a [SEP] b [SEP]


def write_tensorrt(graph: Path, target: Path, longest: int) -> None:
    """Builds `graph` into `target` (both without .json and .pdiparams), for pairs up to `longest` tokens. Takes minutes."""
    runtime.load_paddle(nlp=False)
    from paddle.tensorrt.export import Input, PrecisionMode, TensorRTConfig, convert

    inputs = [
        Input(
            min_input_shape=(1, SHORTEST),
            optim_input_shape=(BATCH_TOKENS // 32, 32),
            max_input_shape=(BATCH_TOKENS // SHORTEST, longest),
            input_data_type="int64",
            input_range=(0, 1),
            name=name,
        )
        for name in ("input_ids", "token_type_ids")
    ]
    with runtime.quiet():
        convert(str(graph), TensorRTConfig(inputs=inputs, precision_mode=PrecisionMode.FP16, save_model_dir=str(target)))
