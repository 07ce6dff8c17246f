"""Two operations that Paddle does slowly when it trains on a CPU, done another way with the same result.

    linear    the bias gradient as a matrix product, ones @ dy, which uses the math library and all threads
    dropout   16 random bits an element from NumPy, where Paddle draws a float with a slow generator

Measured by tests/bench/bench_train.py.
"""

from __future__ import annotations

import numpy as np
import paddle
import paddle.nn.functional as F

_linear, _dropout = F.linear, F.dropout


class _Linear(paddle.autograd.PyLayer):
    """x [..., in] @ weight [in, out] + bias [out] -> [..., out]."""

    @staticmethod
    def forward(ctx, x, weight, bias):
        ctx.save_for_backward(x, weight)
        return _linear(x, weight, bias)

    @staticmethod
    def backward(ctx, dy):
        x, weight = ctx.saved_tensor()
        rows_dy = dy.reshape([-1, dy.shape[-1]])  # [..., out] -> [N, out]
        rows_x = x.reshape([-1, x.shape[-1]])  # [..., in] -> [N, in]
        ones = paddle.ones([1, rows_dy.shape[0]], dtype=dy.dtype)
        dx = paddle.matmul(dy, weight, transpose_y=True)
        return dx, paddle.matmul(rows_x, rows_dy, transpose_x=True), paddle.matmul(ones, rows_dy).reshape([-1])


def linear(x, weight, bias=None, name=None):
    """`paddle.nn.functional.linear`, the same values and gradients to rounding."""
    trains = paddle.is_grad_enabled() and bias is not None and not (x.stop_gradient or weight.stop_gradient or bias.stop_gradient)
    return _Linear.apply(x, weight, bias) if trains else _linear(x, weight, bias, name)


def dropout(x, p=0.5, axis=None, training=True, mode="upscale_in_train", **more):
    """`paddle.nn.functional.dropout`; the probability is rounded to 1/65536. NumPy's global generator decides."""
    if not training or p == 0 or axis is not None or mode != "upscale_in_train" or not isinstance(p, float):
        return _dropout(x, p, axis=axis, training=training, mode=mode, **more)
    bits = np.frombuffer(np.random.bytes(2 * x.size), dtype=np.uint16).reshape(x.shape)
    kept = (bits >= round(p * 65536)).astype(np.float32)
    return x * paddle.to_tensor(kept * np.float32(1 / (1 - p)))


def use_fast_cpu_ops() -> None:
    """Puts them in the place of Paddle's, which all of its layers call. For training on CPU in float32."""
    F.linear, F.dropout = linear, dropout
