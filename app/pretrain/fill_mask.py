"""A text with [MASK] -> the likeliest tokens in its places."""

from __future__ import annotations

from pathlib import Path
from typing import List, Tuple

import numpy as np
import paddle
from scipy.special import softmax

from app.errors import UserError
from app.pretrain.checkpoint import load_pretraining


@paddle.no_grad()
def fill(folder: Path, text: str, top: int) -> List[List[Tuple[str, float]]]:
    """For each [MASK] of the text, the `top` likeliest tokens with their probabilities."""
    model, tokenizer, _ = load_pretraining(folder)
    model.eval()
    ids = [tokenizer.cls_id]
    for number, part in enumerate(text.split("[MASK]")):
        ids += ([tokenizer.mask_id] if number else []) + tokenizer.ids([part])[0]
    ids.append(tokenizer.sep_id)
    positions = model.encoder.config.max_position_embeddings
    if len(ids) > positions:
        raise UserError(f"the text has {len(ids)} tokens, the model {positions} positions")
    masked = np.flatnonzero(np.array(ids) == tokenizer.mask_id)
    inputs = paddle.to_tensor([ids]), paddle.zeros([1, len(ids)], "int64"), paddle.to_tensor(masked)
    probabilities = softmax(model(*inputs)[0].numpy(), axis=-1)
    words = {number: token for token, number in tokenizer.vocabulary.items()}
    return [[(words[int(i)], float(row[i])) for i in np.argsort(-row)[:top]] for row in probabilities]
