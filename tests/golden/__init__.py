"""What must not change by accident, recorded: `make golden` writes it anew, and the tests compare with it.

`clients.json`: the evidence ids of every faulty client, the unmet SHOULDs of every quirky one, at seed 0.
`exit-statuses.json`, `public-names.json`, `report-events.json`, `driver-protocol.json` and
`driver-messages.json`: what others build on. A difference is either a mistake, or is listed in the CHANGELOG.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent


def read(name: str) -> Any:
    """A recorded JSON file."""
    return json.loads((FOLDER / name).read_text(encoding="utf-8"))


def write(name: str, value: object) -> None:
    """Record a JSON file, with a line for each member of its members."""
    (FOLDER / name).write_text(f"{_lines(value, 2)}\n", encoding="utf-8")


def _lines(value: object, depth: int, indent: str = "") -> str:
    inside = f"{indent} "
    if depth and isinstance(value, dict) and value:
        each = (f"{json.dumps(name)}: {_lines(value[name], depth - 1, inside)}" for name in sorted(value))
    elif depth and isinstance(value, list) and value:
        each = (_lines(item, depth - 1, inside) for item in value)
    else:
        return json.dumps(value, ensure_ascii=False, sort_keys=True)
    start, end = "{}" if isinstance(value, dict) else "[]"
    return f"{start}\n{inside}" + f",\n{inside}".join(each) + f"\n{indent}{end}"
