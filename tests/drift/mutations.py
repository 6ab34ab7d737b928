"""How the library's page is changed, and what a change must be found by."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tests.drift.library import files_of_page

Change = Callable[[str], str]


@dataclass(frozen=True)
class Mutation:
    """What is changed in which file; `rules` against the contract, none for what means the same."""

    name: str
    file: str
    change: Change
    rules: tuple[str, ...] = ()

    def files(self) -> dict[str, str]:
        texts = files_of_page()
        changed = self.change(texts[self.file])
        assert changed != texts[self.file], self.name
        return texts | {self.file: changed}


def swap(*pairs: str) -> Change:
    """Replace each first text by the second that follows it; each has to be there."""

    def change(text: str) -> str:
        for old, new in zip(pairs[::2], pairs[1::2], strict=True):
            assert old in text, old
            text = text.replace(old, new)
        return text

    return change


def without(begins: str, ends: str) -> Change:
    """Take a stretch of text out, up to where `ends` begins."""

    def change(text: str) -> str:
        first = text.index(begins)
        last = text.index(ends, first + 1) if ends else len(text)
        return text[:first] + text[last:]

    return change


def moved(begins: str, ends: str, before: str) -> Change:
    def change(text: str) -> str:
        first = text.index(begins)
        part = text[first : text.index(ends, first + 1)]
        rest = text.replace(part, "")
        return rest.replace(before, part + before)

    return change


REQUEST = "POST /library/branches/loanRequests/{loanId}/cancel"
SAMPLE = "POST https://graph.microsoft.com/beta/library/branches/loanRequests/5f0c/cancel"
EMPTY_TAB = "\n# [C#](#tab/csharp)\n[!INCLUDE [sample](../includes/snippets/nowhere.md)]\n\n---\n"
HEADERS = "|Authorization|Bearer {token}. Required.|\n"
WORK = "|Delegated (work or school account)|Loan.Manage|Loan.Manage.All, Library.Manage.All|\n"
APPLICATION = "|Application|Loan.Manage.All|Not available.|\n"
CONTENT = "## Request body\n\nSend a JSON object in the request body.\n"
