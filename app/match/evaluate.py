"""A model and encoded pairs -> the logits of all pairs, in their order. The processes share the work."""

from __future__ import annotations

import numpy as np
import paddle

from app import runtime
from app.errors import UserError
from app.text.batch_sampler import evaluation_batches
from app.text.features import EncodedPairs, pad_batch
from app.train.distributed import all_sum


@paddle.no_grad()
def predict_logits(model: paddle.nn.Layer, encoded: EncodedPairs, labels: int, batch_size: int) -> np.ndarray:
    """Logits, float32 [pairs, labels]. Each process computes some of the batches; all processes get all logits.

    Raises UserError if a logit is not finite.
    """
    model.eval()
    logits = np.zeros((len(encoded), labels), dtype=np.float32)
    batches = evaluation_batches(encoded.lengths, batch_size)
    for rows in batches[runtime.rank() :: runtime.world_size()]:
        batch = pad_batch(encoded, rows)
        output = model(paddle.to_tensor(batch["input_ids"]), paddle.to_tensor(batch["token_type_ids"]))
        logits[rows] = output.astype("float32").numpy()
    logits = all_sum(logits)  # a row is computed by one process, and zero in the others
    wrong = int((~np.isfinite(logits)).any(axis=1).sum())
    if wrong:
        raise UserError(f"the model's logits are not finite (nan or inf) for {wrong:,} of {len(logits):,} pairs")
    return logits
