"""AdamW or LAMB with BERT's settings: no weight decay for biases and layer norms, gradients clipped by their global norm."""

from __future__ import annotations

from typing import Any, Dict

import numpy as np
import paddle

from app.options import TrainOptions


def decays(parameter: paddle.Tensor) -> bool:
    """Whether weight decay applies to a parameter: True for matrices. Vectors are biases or belong to layer norms."""
    return len(parameter.shape) > 1


def build_optimizer(model: paddle.nn.Layer, options: TrainOptions):
    """AdamW (Loshchilov & Hutter 2019) or LAMB (You et al. 2020); the trainer sets the learning rate of each step."""
    decayed_names = {parameter.name for name, parameter in model.named_parameters() if decays(parameter)}
    common = {
        "parameters": [parameter for parameter in model.parameters() if not parameter.stop_gradient],
        "grad_clip": paddle.nn.ClipGradByGlobalNorm(options.max_grad_norm) if options.max_grad_norm else None,
    }
    common.update(learning_rate=options.learning_rate, beta1=0.9, beta2=0.999)
    if options.optimizer == "lamb":
        excluded = {"exclude_from_weight_decay_fn": lambda parameter: parameter.name not in decayed_names}
        return paddle.optimizer.Lamb(lamb_weight_decay=options.weight_decay, epsilon=1e-6, **excluded, **common)
    included = {"apply_decay_param_fun": lambda name: name in decayed_names}
    return paddle.optimizer.AdamW(weight_decay=options.weight_decay, epsilon=1e-8, **included, **common)


def optimizer_arrays(model: paddle.nn.Layer, optimizer) -> Dict[str, np.ndarray]:
    """The optimizer's tensors (its moments) by the model's parameter names: "NAME|moment1_0"."""
    state = optimizer.state_dict()
    return {
        f"{name}|{key[len(parameter.name) + 1 :]}": state[key].numpy()
        for name, parameter in model.named_parameters()
        for key in state
        if key.startswith(parameter.name + "_")
    }


def restore_optimizer(model: paddle.nn.Layer, optimizer, arrays: Dict[str, np.ndarray]) -> None:
    """Restores what `optimizer_arrays` returned. Paddle's internal parameter names can differ between processes."""
    internal_names = {name: parameter.name for name, parameter in model.named_parameters()}
    state = {}
    for key, value in arrays.items():
        name, slot = key.rsplit("|", 1)
        tensor = paddle.to_tensor(value)
        tensor.name = f"{internal_names[name]}_{slot}"
        state[tensor.name] = tensor
    optimizer.set_state_dict(state)


def scaler_state(scaler: paddle.amp.GradScaler) -> Dict[str, Any]:
    """The state of float16's loss scaling as JSON values; empty if the scaler is not enabled."""
    state = scaler.state_dict()
    return {**state, "scale": float(state["scale"][0])} if state else {}


def restore_scaler(scaler: paddle.amp.GradScaler, state: Dict[str, Any]) -> None:
    """Restores what `scaler_state` returned."""
    if state:
        scaler.load_state_dict({**state, "scale": np.array([state["scale"]], np.float32)})
