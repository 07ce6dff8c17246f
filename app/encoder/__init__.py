"""A size or a name -> a BERT or ERNIE encoder. Knows no task."""
