"""Text -> token ids. Knows no Paddle and no task."""
