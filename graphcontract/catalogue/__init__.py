"""The catalogue: the facts of every operation without request content, one line each, with their sources."""
