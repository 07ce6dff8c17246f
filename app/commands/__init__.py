"""One file a command: options in, rooms called, words out."""
