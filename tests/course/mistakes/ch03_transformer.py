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
}
