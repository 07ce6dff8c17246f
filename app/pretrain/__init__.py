"""Documents -> a pretrained BERT or ERNIE."""
