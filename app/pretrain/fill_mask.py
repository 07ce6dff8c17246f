"""A text with [MASK] -> the most probable tokens for each [MASK]."""

from __future__ import annotations

from pathlib import Path
from typing import List, Tuple

import numpy as np
import paddle
from scipy.special import softmax

from app.errors import UserError
from app.pretrain.checkpoint import load_pretraining


@paddle.no_grad()
def fill_mask(folder: Path, text: str, top: int) -> List[List[Tuple[str, float]]]:
    """For each [MASK] of the text, its `top` most probable tokens as (token, probability).

    Raises UserError if the text has more tokens than the model has positions.
    """
    model, tokenizer, _ = load_pretraining(folder)
    model.eval()
    input_ids = [tokenizer.cls_id]
    for number, text_between in enumerate(text.split("[MASK]")):
        input_ids += ([tokenizer.mask_id] if number else []) + tokenizer.ids([text_between])[0]
    input_ids.append(tokenizer.sep_id)
    max_positions = model.encoder.config.max_position_embeddings
    if len(input_ids) > max_positions:
        raise UserError(f"the text has {len(input_ids)} tokens, but the model has {max_positions} positions")
    masked_lm_positions = np.flatnonzero(np.array(input_ids) == tokenizer.mask_id)
    logits, _ = model(
        paddle.to_tensor([input_ids]), paddle.zeros([1, len(input_ids)], "int64"), paddle.to_tensor(masked_lm_positions)
    )
    probabilities = softmax(logits.numpy(), axis=-1)  # [M, V]
    tokens = {token_id: token for token, token_id in tokenizer.vocabulary.items()}
    return [[(tokens[int(i)], float(row[i])) for i in np.argsort(-row)[:top]] for row in probabilities]
