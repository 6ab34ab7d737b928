"""Texts in GitHub's workflow commands, in which line ends and some characters have a meaning of their own."""

from __future__ import annotations


def data(text: str) -> str:
    """A text as the message of a command."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def attribute(text: str) -> str:
    """A text as the value of a command's property."""
    return data(text).replace(":", "%3A").replace(",", "%2C")
