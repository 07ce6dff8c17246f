"""AdamW or LAMB as BERT uses them: no weight decay on biases and layer norms, gradients clipped by their global norm."""

from __future__ import annotations

import re
from typing import Dict, Tuple

import numpy as np
import paddle

from app.options import TrainOptions

_NO_DECAY = re.compile(r"(\.|^)(bias|b_0)$|norm", re.IGNORECASE)


def decays(name: str) -> bool:
    """Whether weight decay applies to the parameter of that (structured) name."""
    return not _NO_DECAY.search(name)


def build_optimizer(model: paddle.nn.Layer, options: TrainOptions):
    """AdamW (Loshchilov & Hutter 2019) or LAMB (You et al. 2020); the loop sets the learning rate of each step."""
    decayed = {parameter.name for name, parameter in model.named_parameters() if decays(name)}
    common = {
        "parameters": [parameter for parameter in model.parameters() if not parameter.stop_gradient],
        "grad_clip": paddle.nn.ClipGradByGlobalNorm(options.max_grad_norm) if options.max_grad_norm else None,
        "multi_precision": options.amp == "O2",
    }
    common.update(learning_rate=options.learning_rate, beta1=0.9, beta2=0.999)
    if options.optimizer == "lamb":
        excluded = {"exclude_from_weight_decay_fn": lambda parameter: parameter.name not in decayed}
        return paddle.optimizer.Lamb(lamb_weight_decay=options.weight_decay, epsilon=1e-6, **excluded, **common)
    included = {"apply_decay_param_fun": lambda name: name in decayed}
    return paddle.optimizer.AdamW(weight_decay=options.weight_decay, epsilon=1e-8, **included, **common)


def optimizer_arrays(model: paddle.nn.Layer, optimizer) -> Dict[str, np.ndarray]:
    """The optimizer's tensors (moments, master weights) under the model's own parameter names: "NAME|moment1_0"."""
    state = optimizer.state_dict()
    state.pop("LR_Scheduler", None)
    masters = {f"{name}|master": value for name, value in _by_parameter(model, state.pop("master_weights", {}))}
    return {key: value.numpy() for key, value in {**dict(_slots(model, state)), **masters}.items()}


def _by_parameter(model: paddle.nn.Layer, values: dict):
    for name, parameter in model.named_parameters():
        if parameter.name in values:
            yield name, values[parameter.name]


def _slots(model: paddle.nn.Layer, state: dict):
    for name, parameter in model.named_parameters():
        for key in state:
            if key.startswith(parameter.name + "_"):
                yield f"{name}|{key[len(parameter.name) + 1 :]}", state[key]


def restore_optimizer(model: paddle.nn.Layer, optimizer, arrays: Dict[str, np.ndarray]) -> None:
    """Puts back what `optimizer_arrays` took out. Paddle's own parameter names may differ from process to process."""
    own_name = {name: parameter.name for name, parameter in model.named_parameters()}
    state: dict = {"master_weights": {}}
    for key, value in arrays.items():
        name, slot = key.rsplit("|", 1)
        tensor = paddle.to_tensor(value)
        if slot == "master":
            tensor.name = own_name[name] + "_fp32_master_0"
            state["master_weights"][own_name[name]] = tensor
        else:
            tensor.name = f"{own_name[name]}_{slot}"
            state[tensor.name] = tensor
    if not state["master_weights"]:
        del state["master_weights"]
    optimizer.set_state_dict(state)


def precision(options: TrainOptions) -> Tuple[bool, str, str]:
    """Mixed precision as `paddle.amp.auto_cast` takes it: enabled, level, data type."""
    return options.amp != "none", options.amp if options.amp != "none" else "O1", options.amp_dtype
