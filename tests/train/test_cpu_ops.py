"""The faster CPU operations give what Paddle's give."""

import numpy as np
import paddle
import paddle.nn.functional as F
import pytest

from app.train import cpu_ops


def gradients(function, *arrays):
    tensors = [paddle.to_tensor(array, stop_gradient=False) for array in arrays]
    output = function(*tensors)
    (output * output).sum().backward()
    return [output.numpy()] + [tensor.grad.numpy() for tensor in tensors]


@pytest.mark.parametrize("shape", [(6, 5), (2, 3, 5)])
def test_linear_equals_paddles(shape):
    random = np.random.default_rng(0)
    arrays = [random.normal(size=size).astype("float32") for size in (shape, (5, 4), (4,))]
    for ours, theirs in zip(gradients(cpu_ops.linear, *arrays), gradients(F.linear, *arrays)):
        np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-5)


def test_linear_without_bias_or_gradient():
    x, weight = paddle.ones([2, 3]), paddle.ones([3, 4])
    assert cpu_ops.linear(x, weight).numpy().tolist() == [[3.0] * 4] * 2
    with paddle.no_grad():
        assert cpu_ops.linear(x, weight, paddle.ones([4])).numpy().tolist() == [[4.0] * 4] * 2


def test_dropout_drops_its_share_and_keeps_the_mean():
    np.random.seed(0)
    x = paddle.ones([400, 500], dtype="float32")
    x.stop_gradient = False
    y = cpu_ops.dropout(x, 0.1)
    dropped = float((y == 0).astype("float32").mean())
    assert abs(dropped - 0.1) < 0.003 and abs(float(y.mean()) - 1) < 0.005
    y.sum().backward()
    np.testing.assert_array_equal(x.grad.numpy(), y.numpy())  # the same elements, the same scale
    assert len(np.unique(y.numpy())) == 2


def test_dropout_is_off_outside_training_and_follows_the_seed():
    x = paddle.ones([50, 50])
    assert cpu_ops.dropout(x, 0.1, training=False).numpy().min() == 1
    np.random.seed(3)
    first = cpu_ops.dropout(x, 0.5).numpy()
    np.random.seed(3)
    np.testing.assert_array_equal(first, cpu_ops.dropout(x, 0.5).numpy())
