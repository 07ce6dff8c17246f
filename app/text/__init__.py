"""Text -> token ids: files of text pairs, tokenizers, model inputs, batches. Independent of Paddle and of the tasks."""
