"""A size, a model name or a folder -> a BERT or ERNIE encoder. This package knows no task."""
