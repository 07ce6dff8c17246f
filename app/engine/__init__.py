"""A fine-tuned checkpoint -> logits, fast: the engine interface, the back ends, the exported graph, the choice between them."""
