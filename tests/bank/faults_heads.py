"""Clients that read the head of a promised 204 by a grammar of their own: its line, its fields."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import chain

from tests.bank.client import Answer, BadAnswer, Conforming
from tests.bank.registry import fault


class Looking(Conforming):
    """What the faults below have in common: a look at each line of a head before it is parsed."""

    def look(self, line: str, first: bool) -> None:
        raise NotImplementedError

    def read_head(self, line: Callable[[], bytes]) -> Answer:
        status_line = line()
        self.look(status_line.decode("latin-1"), True)

        def looked_at() -> bytes:
            read = line()
            self.look(read.decode("latin-1"), False)
            return read

        lines = chain((status_line,), iter(looked_at, None))
        return super().read_head(lambda: next(lines))


# the status line


@fault("response.no-content")
class ReadsThePhrase(Looking):
    """A script greps for `2.. OK` in the status line before it looks at errors."""

    def look(self, line: str, first: bool) -> None:
        if first and " 2" in line and "OK" not in line:
            raise BadAnswer(line)


@fault("response.no-content", "error.status")
class KnowsPhrasesOfOneWord(Looking):
    r"""A status line is matched with `\d{3} \w+`, which `No Content` is not."""

    def look(self, line: str, first: bool) -> None:
        if first and not re.fullmatch(r"HTTP/1\.1 \d{3} \w*\r\n", line):
            raise BadAnswer(line)


@fault("response.no-content")
class WantsItsPhrase(Looking):
    """A phrase is compared with the one that the status is registered with."""

    def look(self, line: str, first: bool) -> None:
        if first and " 204" in line and "No Content" not in line:
            raise BadAnswer(line)


@fault("response.no-content", "error.status", "error.code", "error.message", "error.shape")
class KnowsOneVersion(Looking):
    """`line.startswith("HTTP/1.1 ")`: whoever answers as an older server does is none."""

    def look(self, line: str, first: bool) -> None:
        if first and not line.startswith("HTTP/1.1 "):
            raise BadAnswer(line)


# its fields


@fault("response.no-content", rare=True)
class SplitsAtEveryColon(Looking):
    """`name, value = line.split(":")` holds until a value has a time in it."""

    def look(self, line: str, first: bool) -> None:
        if line.count(":") > 1:
            raise ValueError("too many values to unpack")


@fault("response.no-content", rare=True)
class KnowsItsFields(Looking):
    """A hand-written parser with a list of fields; any other ends the answer as malformed."""

    known = (
        "client-request-id connection content-encoding content-length content-type date request-id "
        "retry-after transfer-encoding"
    )

    def look(self, line: str, first: bool) -> None:
        if not first and line.strip() and line.partition(":")[0].lower() not in self.known.split():
            raise BadAnswer(line)


@fault("response.no-content")
class SplitsAtColonAndSpace(Looking):
    """`name, value = line.split(": ", 1)`, where the space may be missing, or be a tab."""

    def look(self, line: str, first: bool) -> None:
        if not first and line.strip() and ": " not in line:
            raise ValueError("not enough values to unpack")


@fault("response.no-content")
class KnowsNamesInTitleCase(Looking):
    """Field names are compared letter by letter, and one of them decides what is read."""

    def look(self, line: str, first: bool) -> None:
        name = line.partition(":")[0]
        if name.lower() == "content-length" and name != "Content-Length":
            raise BadAnswer(line)


@fault("response.no-content")
class HasOneValueAName(Conforming):
    """A map from names to values that refuses a second value."""

    def read_head(self, line: Callable[[], bytes]) -> Answer:
        seen: set[bytes] = set()

        def once() -> bytes:
            read = line()
            name = read.partition(b":")[0].strip().lower()
            if name in seen:
                raise KeyError(name)
            seen.add(name)
            return read

        return super().read_head(once)


@fault("response.no-content")
class HasALineOfOneKilobyte(Looking):
    """A line buffer of 1 KiB, and an exception from below where a field is longer."""

    def look(self, line: str, first: bool) -> None:
        if len(line) > 1024:
            raise ValueError("line too long")


@fault("response.no-content")
class ReadsFieldsAsAscii(Looking):
    """`head.decode("ascii")`: UnicodeDecodeError for a name of a place."""

    def look(self, line: str, first: bool) -> None:
        line.encode("ascii")


@fault("response.no-content")
class WantsAValue(Looking):
    """A field that is there has something to say."""

    def look(self, line: str, first: bool) -> None:
        if not first and line.strip() and not line.partition(":")[2].strip():
            raise BadAnswer(line)


@fault("response.no-content")
class KeepsNoCookies(Looking):
    """Cookies are a browser's, and an answer that sets one is not for this client."""

    def look(self, line: str, first: bool) -> None:
        if line.lower().startswith("set-cookie:"):
            raise BadAnswer(line)
