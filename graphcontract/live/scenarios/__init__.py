"""The requests of a live run: each scenario yields steps and receives their results."""
