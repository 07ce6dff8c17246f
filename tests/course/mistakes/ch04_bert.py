"""Planted wrong answers: (name, a piece of the solution, what stands in its place, words of the message that names the mistake)."""

MISTAKES = {
    "4.1": [
        ("no norm", "return layer_norm(total)", "return total", "normalization is missing"),
        ("from position 1", "paddle.arange(input_ids.shape[1])", "paddle.arange(1, input_ids.shape[1] + 1)", "start at 1"),
        (
            "no segments",
            "    total = total + F.embedding(token_type_ids, segments)  # [B, S, H]\n",
            "",
            "segment embeddings are missing",
        ),
        (
            "positions of the ids",
            "F.embedding(position_ids, positions)",
            "F.embedding(input_ids, positions)",
            "looked up with `input_ids`",
        ),
        (
            "positions over the batch",
            "paddle.arange(input_ids.shape[1])",
            "paddle.arange(input_ids.shape[0]).unsqueeze(1)",
            "over the texts",
        ),
        (
            "segments after the norm",
            "total = total + F.embedding(token_type_ids, segments)  # [B, S, H]\n    return layer_norm(total)",
            "return layer_norm(total) + F.embedding(token_type_ids, segments)",
            "after the normalization",
        ),
    ],
    "4.2": [
        (
            "no biases in the attention",
            "4 * (hidden * hidden + hidden)",
            "4 * hidden * hidden",
            "the four biases of the attention",
        ),
        (
            "Q, K and V counted once",
            "4 * (hidden * hidden + hidden)",
            "2 * (hidden * hidden + hidden)",
            "query, key, value and output have one each",
        ),
        (
            "no norms in a layer",
            "attention + norm + feed_forward + norm",
            "attention + feed_forward",
            "both layer normalizations",
        ),
        (
            "one norm in a layer",
            "attention + norm + feed_forward + norm",
            "attention + norm + feed_forward",
            "one of the two layer normalizations",
        ),
        ("one layer only", 'config["num_hidden_layers"] * layer', "layer", "This is one layer"),
        ("no norm of the embeddings", "rows * hidden + norm,", "rows * hidden,", "the layer normalization"),
        (
            "tied decoder counted",
            "rows * hidden + norm,",
            'rows * hidden + norm + config["vocab_size"] * hidden,',
            "counted twice",
        ),
        ("bias of the pooler", '"pooler": hidden * hidden + hidden', '"pooler": hidden * hidden', "bias of the pooler"),
        (
            "four times the width",
            'config["hidden_size"], config["intermediate_size"]',
            'config["hidden_size"], 4 * config["hidden_size"]',
            "not always 4 * H",
        ),
    ],
    "4.3": [
        ("no last [SEP]", '[*tokens_b, "[SEP]"]', "[*tokens_b]", "at the end is missing"),
        ("no [SEP] between", '*tokens_a, "[SEP]"]', "*tokens_a]", "between the two texts is missing"),
        ("last [SEP] without an id", "(len(tokens_b) + 1)", "len(tokens_b)", "the last [SEP] needs one"),
        ("all segments 0", "[1] * (len(tokens_b) + 1)", "[0] * (len(tokens_b) + 1)", "All ids are 0"),
        (
            "[SEP] of B without B",
            "if tokens_b is not None:",
            "tokens_b = tokens_b or []\n    if True:",
            "although there is no second text",
        ),
        ("pooled vector", "return vectors[0, 0]", "return pooled[0]", "pooled vector"),
        ("no segments", "model(input_ids, segments)", "model(input_ids)", "does not get `token_type_ids`"),
        ("dropout on", "model.eval()", "model.train()", "dropout is on"),
    ],
}
