"""Reads what is published about an operation into facts, and compares them with its contract."""
