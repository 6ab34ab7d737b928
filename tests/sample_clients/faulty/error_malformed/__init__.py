"""Faulty clients: error.malformed, by what they make of a document and of what it says."""
