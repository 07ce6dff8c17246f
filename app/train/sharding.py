"""ZeRO stage 1 (Rajbhandari et al. 2020): each process keeps the optimizer's state of its share of the parameters only."""

from __future__ import annotations

from typing import Any, Callable, Dict, List

import numpy as np
import paddle
import paddle.distributed

from app import runtime
from app.train import parallel


class ShardedOptimizer:
    """Updates this process's parameters, then hands them to the others. Gradients are averaged before, by DataParallel."""

    def __init__(self, build: Callable[[list, Any], paddle.optimizer.Optimizer], parameters: list, max_grad_norm: float):
        self.parameters, self.max_grad_norm = parameters, max_grad_norm
        self.owners = _owners([parameter.size for parameter in parameters], runtime.world_size())
        own = [parameter for parameter, owner in zip(parameters, self.owners) if owner == runtime.rank()]
        self.inner = build(own, None)  # clipping needs the norm over all parameters, so it is done here

    def set_lr(self, rate: float) -> None:
        """The learning rate of the next step."""
        self.inner.set_lr(rate)

    def step(self) -> None:
        """Clips, updates the own parameters and receives the others'."""
        if self.max_grad_norm:
            pairs = [(parameter, parameter.grad) for parameter in self.parameters if parameter.grad is not None]
            for parameter, clipped in paddle.nn.ClipGradByGlobalNorm(self.max_grad_norm)(pairs):
                parameter.grad.set_value(clipped)
        self.inner.step()
        for parameter, owner in zip(self.parameters, self.owners):
            paddle.distributed.broadcast(parameter, src=owner)

    def clear_grad(self) -> None:
        """Forgets the gradients of all parameters, the others' too."""
        for parameter in self.parameters:
            parameter.clear_gradient(set_to_zero=False)

    def state_dict(self) -> Dict[str, Any]:
        """Of the own parameters."""
        return self.inner.state_dict()

    def set_state_dict(self, state: Dict[str, Any]) -> None:
        """Takes the own parameters' part of a whole state."""
        own = tuple(parameter.name for parameter, owner in zip(self.parameters, self.owners) if owner == runtime.rank())
        masters = {name: value for name, value in state.get("master_weights", {}).items() if name in own}
        kept = {name: value for name, value in state.items() if name.startswith(own) and name != "master_weights"}
        self.inner.set_state_dict({**kept, **({"master_weights": masters} if masters else {})})

    def gather(self, names: List[str], own: Dict[str, np.ndarray]) -> Dict[str, np.ndarray]:
        """The whole state from every process's `own` arrays ("NAME|slot"), in all processes. `names`: of the parameters."""
        shapes = {name: tuple(parameter.shape) for name, parameter in zip(names, self.parameters)}
        slots = {key.rsplit("|", 1)[1]: (value.shape, shapes[key.rsplit("|", 1)[0]]) for key, value in own.items()}
        whole = {}
        for name in names:
            for slot, (shape, of) in sorted(slots.items()):
                empty = np.zeros(shapes[name] if shape == of else shape, np.float32)
                whole[f"{name}|{slot}"] = parallel.all_sum(own.get(f"{name}|{slot}", empty))
        return whole


def _owners(sizes: List[int], processes: int) -> List[int]:
    """The process that keeps each parameter: the largest first, always to the one with the least so far."""
    loads, owners = [0] * processes, [0] * len(sizes)
    for place in sorted(range(len(sizes)), key=lambda place: (-sizes[place], place)):
        owners[place] = loads.index(min(loads))
        loads[owners[place]] += sizes[place]
    return owners
