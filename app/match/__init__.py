"""A BERT or ERNIE and labelled pairs -> a matcher."""
