"""A model and encoded pairs -> the logits of all pairs, in their order, shared out over the processes."""

from __future__ import annotations

import numpy as np
import paddle

from app import runtime
from app.errors import UserError
from app.text.batches import evaluation_batches
from app.text.encode import EncodedPairs, pad_batch
from app.train.parallel import all_sum


@paddle.no_grad()
def score_pairs(model: paddle.nn.Layer, encoded: EncodedPairs, labels: int, batch_size: int) -> np.ndarray:
    """Logits, float32 [pairs, labels]. Every process scores its share of the batches and gets the whole back.

    Raises UserError where one of them is not finite.
    """
    model.eval()
    logits = np.zeros((len(encoded), labels), dtype=np.float32)
    batches = evaluation_batches(encoded.lengths, batch_size)
    for rows in batches[runtime.rank() :: runtime.world_size()]:
        batch = pad_batch(encoded, rows)
        output = model(paddle.to_tensor(batch["input_ids"]), paddle.to_tensor(batch["token_type_ids"]))
        logits[rows] = output.astype("float32").numpy()
    logits = all_sum(logits)  # each row was filled by one process and is zero in the others
    wrong = int((~np.isfinite(logits)).any(axis=1).sum())
    if wrong:
        raise UserError(f"the model's logits are not finite (nan or inf) for {wrong:,} of {len(logits):,} pairs")
    return logits
