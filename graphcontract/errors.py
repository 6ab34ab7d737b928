"""Mistakes that a user can fix: shown as one clear error, never as a traceback."""

from __future__ import annotations

from textwrap import fill, indent, wrap
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

    def format_for_terminal(self, width: int | None = None) -> str:
        """What is wrong and where, followed by the code; below it, indented, what to do. With a `width`, both
        are wrapped to so many columns, except for indented lines, which are commands and examples.
        """
        text = f"error: {self._format(f' [{self.code}]', width)}"
        first, _, rest = text.partition("\n")
        if width is not None and len(first) > width:
            first = fill(first, width, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False)
        return f"{first}\n{rest}" if rest else first

    def format_in_line(self) -> str:
        """The whole error in one line, for use within another text."""
        problem = f"{self.message}: {self.cause}" if self.cause else self.message
        return f"{problem.rstrip('.')}. {' '.join(self.hint.split())}" if self.hint else problem

    def _format(self, code: str, width: int | None = None) -> str:
        problem = f"{self.message}: {self.cause}" if self.cause else self.message
        lines = [part for line in self.hint.splitlines() for part in _wrap(line, width)]
        return "\n".join([f"{problem}{code}", *(indent(line, "  ") for line in lines)])


def _wrap(line: str, width: int | None) -> list[str]:
    if width is None or not line or line.startswith(" "):
        return [line]
    return wrap(line, width - 2, break_long_words=False, break_on_hyphens=False)


class MissingExtra(UserError, ImportError):
    """A package that one of graphcontract's extras installs is missing."""

    code = "missing-extra"

    def __init__(self, package: str, extra: str) -> None:
        super().__init__(f"{package} is not installed", f"pip install 'graphcontract[{extra}]'")
