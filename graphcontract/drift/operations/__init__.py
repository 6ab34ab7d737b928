"""Passes over all operations of a source, from which a catalogue is made."""
