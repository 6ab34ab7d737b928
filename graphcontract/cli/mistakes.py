"""Mistakes in a command line, as one error in the style of every other one."""

from __future__ import annotations

import re
from typing import Any

import typer

from graphcontract.errors import UserError

# What else the languages of drivers are called.
_OTHER_NAMES = {
    "c#": "dotnet",
    "csharp": "dotnet",
    "cs": "dotnet",
    ".net": "dotnet",
    "ts": "typescript",
    "js": "javascript",
    "node": "javascript",
    "golang": "go",
    "py": "python",
}
# Typer has a copy of Click of its own, or uses Click, by its version: both have these bases.
UsageError: type[Any] = typer.BadParameter.__mro__[1]
# Pydantic, by which Typer checks values, has messages for programs.
_REPHRASED = (
    (r"Value error, ", ""),
    (r"Input should be a valid integer.*", "must be a whole number"),
    (r"Input should be a valid number.*", "must be a number"),
    (r"Input should be greater than or equal to (\S+)", r"must be at least \1"),
    (r"Input should be ", "must be "),
)
_CHOICE = re.compile(r"'(?P<given>[^']*)' is not one of (?P<choices>'[^']*'(?:, '[^']*')*)")


def make_error(mistake: Any) -> UserError | None:
    """Make an error with a hint of a mistake in the command line; None for a command that shows its help."""
    if type(mistake).__name__ == "NoArgsIsHelpError":
        return None
    message = " ".join(mistake.format_message().split()).rstrip(".")
    for pydantic, ours in _REPHRASED:
        message = re.sub(pydantic, ours, message)
    command = mistake.ctx.command_path if mistake.ctx is not None else "graphcontract"
    hint = f"{_suggest(message)}`{command} --help` shows what it takes."
    return UserError(message[:1].lower() + message[1:], hint)


def _suggest(message: str) -> str:
    """Suggest the value that was probably meant."""
    from graphcontract.contract.jsonfile import suggest_name

    found = _CHOICE.search(message)
    if found is None:
        return ""
    choices = re.findall(r"'([^']*)'", found["choices"])
    known = _OTHER_NAMES.get(found["given"].lower(), "")
    near = suggest_name(known if known in choices else found["given"], choices)
    return f"{near} " if near else ""
