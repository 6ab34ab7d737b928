"""CSDL metadata, read into facts."""
