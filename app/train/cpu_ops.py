"""Faster versions of two operations that are slow in Paddle when it trains on a CPU.

    linear    the gradient of the bias is a matrix product, ones @ dy, which uses the math library and all threads
    dropout   16 random bits per element from NumPy; Paddle draws a float per element with a slow generator

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
        flat_dy = dy.reshape([-1, dy.shape[-1]])  # [..., out] -> [N, out]
        flat_x = x.reshape([-1, x.shape[-1]])  # [..., in] -> [N, in]
        ones = paddle.ones([1, flat_dy.shape[0]], dtype=dy.dtype)
        dx = paddle.matmul(dy, weight, transpose_y=True)
        return dx, paddle.matmul(flat_x, flat_dy, transpose_x=True), paddle.matmul(ones, flat_dy).reshape([-1])


def linear(x, weight, bias=None, name=None):
    """`paddle.nn.functional.linear` with the same values and gradients, up to rounding."""
    all_trained = bias is not None and not (x.stop_gradient or weight.stop_gradient or bias.stop_gradient)
    return _Linear.apply(x, weight, bias) if all_trained and paddle.is_grad_enabled() else _linear(x, weight, bias, name)


def dropout(x, p=0.5, axis=None, training=True, mode="upscale_in_train", **kwargs):
    """`paddle.nn.functional.dropout` with NumPy's global generator. `p` is rounded to a multiple of 1/65536."""
    if not training or p == 0 or axis is not None or mode != "upscale_in_train" or not isinstance(p, float):
        return _dropout(x, p, axis=axis, training=training, mode=mode, **kwargs)
    bits = np.frombuffer(np.random.bytes(2 * x.size), dtype=np.uint16).reshape(x.shape)
    kept = (bits >= round(p * 65536)).astype(np.float32)
    return x * paddle.to_tensor(kept * np.float32(1 / (1 - p)))


def use_fast_cpu_ops() -> None:
    """Replaces Paddle's two functions, which all of its layers call. Use it for training on a CPU in float32."""
    F.linear, F.dropout = linear, dropout
