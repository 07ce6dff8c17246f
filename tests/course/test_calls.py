"""A student's function gets copies, and a changed input is named."""

import numpy as np
import paddle
import pytest

from app.course.answers import WrongAnswer, equal
from app.course.calls import call, tensor
from app.course.texts import Text


def test_a_function_gets_its_arguments_and_keeps_its_result():
    model = paddle.nn.Linear(2, 3)
    x = paddle.ones([4, 2])
    assert call(lambda layer, value, scale: layer(value) * scale, model, x, scale=2.0).shape == [4, 3]
    assert call(model, x).shape == [4, 3]


def test_gradients_flow_through_the_copies():
    x = paddle.to_tensor([1.0, 2.0], stop_gradient=False)
    call(lambda value: (value * value).sum(), x).backward()
    assert x.grad.tolist() == [2.0, 4.0]


@pytest.mark.parametrize("value, change", [
    (paddle.ones([2]), lambda x: x.scale_(2.0)), (np.ones(2), lambda x: x.__imul__(2)), ([1, [2]], lambda x: x[1].append(3)),
    ({"a": 1}, lambda x: x.update(a=2)), ([1, 2], lambda x: x.clear()), (paddle.ones([2, 3]), lambda x: x.reshape_([6])),
])  # fmt: skip
def test_a_changed_input_is_named_and_the_original_is_as_before(value, change):
    def student(other, mine):
        change(mine)
        return mine

    shown = str(value)
    with pytest.raises(WrongAnswer, match="`student` changes its input `mine`"):
        call(student, 1, value)
    assert str(value) == shown


def test_a_changed_keyword_argument_and_the_input_of_a_layer_are_named():
    class Doubled(paddle.nn.Layer):
        def forward(self, x, mask):
            return mask.scale_(2.0) + x

    with pytest.raises(WrongAnswer, match="changes its input `mine`"):
        call(lambda mine: mine.clear(), mine=[1])
    with pytest.raises(WrongAnswer, match="`Doubled` changes its input `mask`"):
        call(Doubled(), paddle.ones([2]), paddle.ones([2]))


def test_what_is_no_tensor_is_said():
    assert tensor("x", paddle.ones([1])) is not None
    for got, words in ((None, "return"), ([1.0], "it is a list"), (np.ones(1), "it is a ndarray")):
        with pytest.raises(WrongAnswer, match=words):
            tensor("x", got)


def test_an_answer_can_have_a_name_in_each_language():
    with pytest.raises(WrongAnswer) as problem:
        equal(Text("the loss", "损失"), 2.0, 1.0)
    assert problem.value.text == Text("the loss = 2; expected 1.", "损失 = 2，应为 1。")
