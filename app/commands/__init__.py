"""One module for each command: parses the options, calls the other packages, prints the results."""
