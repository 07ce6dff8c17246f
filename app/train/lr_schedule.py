"""Learning rate by step: linear warm-up, then linear decay to zero."""

from __future__ import annotations


def linear_warmup_decay(step: int, total_steps: int, warmup_proportion: float) -> float:
    """Factor of the peak learning rate for optimizer step `step` (0 to total_steps - 1), 0 to 1.

    Rises from 1/warmup to 1 over the first `warmup_proportion` of the steps, then falls linearly and is 0 from `total_steps` on
    (Devlin et al. 2019, A.2). A function of the step alone: a resumed run needs nothing but its step.
    """
    warmup = int(total_steps * warmup_proportion)
    if step < warmup:
        return (step + 1) / warmup
    return max(0, total_steps - step) / max(1, total_steps - warmup)
