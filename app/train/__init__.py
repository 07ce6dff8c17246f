"""The one training loop, shared by pretraining and fine-tuning. Knows no task."""
