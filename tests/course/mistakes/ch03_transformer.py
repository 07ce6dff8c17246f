"""Planted wrong answers: (name, a piece of the solution, what stands in its place, words of the message that names the mistake)."""

MISTAKES = {
    "3.1": [
        (
            "norm before the addition",
            "self.norm1(x + self.dropout(attended))",
            "x + self.norm1(self.dropout(attended))",
            "comes before the addition",
        ),
        ("no residual", "h + self.dropout(output)", "self.dropout(output)", "residual connection of the feed-forward"),
        ("residual of the layer's input", "self.norm2(h +", "self.norm2(x +", "adds x, the layer's input"),
        ("no GELU", "F.gelu(self.linear1(h))", "self.linear1(h)", "GELU is missing"),
        ("dropout in evaluation", "self.dropout(output)", "F.dropout(output, 0.1)", "dropout is still on"),
        ("norm shared", "self.norm2(h", "self.norm1(h", "norm1 is used twice"),
        ("mask ignored", "self.self_attn(x, x, x, attn_mask=mask)", "self.self_attn(x, x, x)", "mask changes nothing"),
        ("no dropout", "h + self.dropout(output)", "h + output", "dropout is missing after one"),
    ],
    "3.2": [
        ("mask does not see itself", "key <= query", "key < query", "does not see itself"),
        ("mask sees the future", "key <= query", "key <= query + 1", "sees the next one"),
        ("mask transposed", "key <= query", "key >= query", "transposed"),
        ("float mask", "return may_look", 'return may_look.astype("float32")', "has to be bool"),
        ("no causal mask", ", attn_mask=causal_mask(x.shape[1])", "", "no causal mask"),
        ("keys from the decoder", "self.cross_attn(x, memory, memory", "self.cross_attn(x, x, x", "come from the decoder"),
        ("queries from the encoder", "self.cross_attn(x, memory, memory", "self.cross_attn(memory, x, x", "turned round"),
        (
            "causal cross attention",
            "attn_mask=memory_mask",
            "attn_mask=causal_mask(x.shape[1])",
            "cross attention has a causal mask",
        ),
        ("memory mask ignored", ", attn_mask=memory_mask", "", "changes nothing"),
        ("no residual", "self.norm2(x + found)", "self.norm2(found)", "residual connection of the cross attention"),
    ],
    "3.3": [
        (
            "halves",
            "table[:, 0::2] = np.sin(angles)\n    table[:, 1::2] =",
            "table[:, : hidden // 2] = np.sin(angles)\n    table[:, hidden // 2 :] =",
            "sines are on the left",
        ),
        (
            "swapped",
            "table[:, 0::2] = np.sin(angles)\n    table[:, 1::2] =",
            "table[:, 1::2] = np.sin(angles)\n    table[:, 0::2] =",
            "swapped",
        ),
        ("no cosine", "np.cos(angles)", "np.sin(angles)", "odd columns have the sine too"),
        ("exponent i / H", "-np.arange(0, hidden, 2) / hidden", "-np.arange(hidden // 2) / hidden", "exponent is i / H"),
        ("exponent 4i / H", "-np.arange(0, hidden, 2) / hidden", "-2 * np.arange(0, hidden, 2) / hidden", "exponent is 4i / H"),
        ("from position 1", "np.arange(positions)", "np.arange(1, positions + 1)", "start at 1"),
        ("multiplied", "(-np.arange(0, hidden, 2)", "(np.arange(0, hidden, 2)", "multiplied by"),
    ],
}
