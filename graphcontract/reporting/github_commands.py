"""Escapes texts for GitHub's workflow commands, where line ends and `%`, `:` and `,` are special."""

from __future__ import annotations


def data(text: str) -> str:
    """Escape a text for use as a command's message."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def attribute(text: str) -> str:
    """Escape a text for use as the value of a command's property."""
    return data(text).replace(":", "%3A").replace(",", "%2C")
