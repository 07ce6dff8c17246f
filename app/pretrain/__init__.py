"""Documents -> a pretrained BERT."""
