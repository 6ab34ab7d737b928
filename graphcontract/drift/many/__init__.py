"""Compares the operations of a catalogue with a source, in one pass over the source."""
