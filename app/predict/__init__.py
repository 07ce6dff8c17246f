"""A file of pairs -> a scored file; the Python API."""
