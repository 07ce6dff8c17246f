"""Planted wrong answers: (name, a piece of the solution, what stands in its place, words of the message that names the mistake)."""

MISTAKES = {
    "8.1": [
        ("up-projection random", "hidden, weight_attr=zero, bias_attr=zero)", "hidden)", "up-projection does not start at 0"),
        ("no residual", "return x + self.up", "return self.up", "residual"),
        ("down-projection zero too", "hidden, size)\n        self.up", "hidden, size, weight_attr=zero)\n        self.up", "down-projection start at 0"),
        ("relu", "F.gelu(self", "F.relu(self", "ReLU"),
        ("first layers", "layers[-top:], encoder", "layers[:top], encoder", "last layers are"),
        ("pooler forgotten", "layers[-top:], encoder.pooler]", "layers[-top:]]", "pooler is frozen"),
        ("classifier forgotten", "[*parts, model.classifier]", "parts", "classifier is frozen"),
        ("layer norms forgotten", "(Adapter, paddle.nn.LayerNorm)", "Adapter", "layer norms are frozen"),
        ("inverted", "stop_gradient = not any", "stop_gradient = any", "inverted"),
        ("all returned", "    return trained\n", "    return model.parameters()\n", "the returned list has"),
    ],
}
