"""Learning rate by step: linear warm-up, then linear decay to zero."""

from __future__ import annotations


def linear_warmup_decay(step: int, total_steps: int, warmup_proportion: float) -> float:
    """Factor, from 0 to 1, of the peak learning rate in optimizer step `step` (0 to total_steps - 1).

    It rises from 1 / warmup_steps to 1 in the first `warmup_proportion` of the steps, then falls linearly, and is 0 from step
    `total_steps` (Devlin et al. 2019, A.2). It depends on the step only, so a resumed run needs no other state.
    """
    warmup_steps = int(total_steps * warmup_proportion)
    if step < warmup_steps:
        return (step + 1) / warmup_steps
    return max(0, total_steps - step) / max(1, total_steps - warmup_steps)
