"""Mistakes that a user can fix: shown as one clear error, never as a traceback."""

from __future__ import annotations


class UserError(Exception):
    """What is wrong, where, and what to do about it; `status` is the command's exit status."""

    status = 2


class MissingExtra(UserError, ImportError):
    """A package that one of graphcontract's extras installs is missing."""

    def __init__(self, package: str, extra: str) -> None:
        super().__init__(f"{package} is not installed: pip install 'graphcontract[{extra}]'")
