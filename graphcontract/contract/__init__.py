"""Contract files: the model of a contract, and finding, reading, validating, merging and documenting them."""
