"""The documentation's site: its pages are those of the repository and some that are generated from code."""
