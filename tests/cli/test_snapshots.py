"""What people see of the command line, at 80 columns, compared with the files in `snapshots`.

Run with SNAPSHOTS=write to write the files anew, and read what has changed before it is committed. What is
another each time, or on another machine, stands there as a word in capitals.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from tests.cli.running import Here

FOLDER = Path(__file__).parent / "snapshots"
NORMALISERS = (
    (r"(?<=127\.0\.0\.1:)[0-9]+", "PORT"),
    (r"(?<=call-)[0-9]+", "NUMBER"),
    (r"(?<=client-request-id: )[0-9a-f-]{36}", "GUID"),
    (r"[0-9]+ exchanges in [0-9.]+ s\.", "N exchanges in SECONDS s."),
    (r"(?m)(?<=^.{46}) +[0-9]+$", " COUNT"),
    (r"(?<=reference[ /])[0-9][0-9a-z.]*", "VERSION"),
)
ADAPTERS = "python:tests.cli.adapters"
SHOWN: dict[str, tuple[str, ...]] = {
    "good": (
        *("reference", "--transport", "mock", "--profile", "quick"),
        *("--select", "request.*", "--deselect", "*-request-id", "-v"),
    ),
    "bad": (
        f"{ADAPTERS}:gullible",
        "--transport",
        "mock",
        "--select",
        "response.re*",
        "--select",
        "*-modified",
    ),
    "unfinished": (
        *(f"{ADAPTERS}:unfinished", "--in-process", "--profile", "quick"),
        *("--select", "input.*", "--select", "*.interim"),
    ),
    "nothing-exercised": (f"{ADAPTERS}:idle", "--transport", "mock", "--select", "request.method"),
    "no-client": (),
    "no-such-client": ("refrence",),
    "no-such-clause": ("reference", "--select", "request.verb"),
    "no-such-contract": ("reference", "--contract", "sharepointmigrationtask-cancle"),
    "no-such-report": ("reference", "--report", "pdf=report.pdf"),
    "no-such-driver": ("process:/nonexistent/driver --fast",),
    "no-such-function": (f"{ADAPTERS}:gulible", "--in-process"),
    "another-transport": (f"{ADAPTERS}:raw", "--transport", "mock"),
}


def normalised(text: str) -> str:
    # Where the verdict breaks depends on how long its numbers are.
    blocks = text.rstrip("\n").split("\n\n")
    text = "\n\n".join(" ".join(each.split()) if "MUST exercised" in each else each for each in blocks) + "\n"
    for pattern, word in NORMALISERS:
        text = re.sub(pattern, word, text)
    return text


@pytest.mark.parametrize("name", SHOWN)
def test_is_as_it_was(here: Here, name: str) -> None:
    ended = here("check", *SHOWN[name])
    assert not (ended.out and ended.err)
    seen = f"exit status {ended.status}\n\n{normalised(ended.out or ended.err)}"
    path = FOLDER / f"{name}.txt"
    if os.environ.get("SNAPSHOTS") == "write":
        path.write_text(seen, encoding="utf-8")
    assert seen == path.read_text(encoding="utf-8")


def test_no_file_is_left_over() -> None:
    assert {path.stem for path in FOLDER.iterdir()} == SHOWN.keys()
