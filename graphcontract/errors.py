"""Mistakes that a user can fix: shown as one clear error, never as a traceback."""

from __future__ import annotations

from textwrap import indent
from typing import ClassVar


class UserError(Exception):
    """What is wrong and where (`message`), the reason if another program or the system gave one (`cause`),
    and what to do about it (`hint`). `str()` has all three.

    Each class has a `code`, a stable slug that docs/reference/errors.md explains, and the exit status of the
    command.
    """

    code: ClassVar[str] = "usage"
    status: ClassVar[int] = 2

    def __init__(self, message: str, hint: str = "", cause: str = "") -> None:
        super().__init__(message, hint, cause)
        self.message, self.hint, self.cause = message, hint, cause

    def __str__(self) -> str:
        return self._format("")

    def format_for_terminal(self) -> str:
        """What is wrong and where, followed by the code; below it, indented, what to do."""
        return f"error: {self._format(f' [{self.code}]')}"

    def _format(self, code: str) -> str:
        problem = f"{self.message}: {self.cause}" if self.cause else self.message
        hint = f"\n{indent(self.hint, '  ')}" if self.hint else ""
        return f"{problem}{code}{hint}"


class MissingExtra(UserError, ImportError):
    """A package that one of graphcontract's extras installs is missing."""

    code = "missing-extra"

    def __init__(self, package: str, extra: str) -> None:
        super().__init__(f"{package} is not installed", f"pip install 'graphcontract[{extra}]'")
