"""`python -m tests.golden`: record anew what must not change by accident (`make golden`, 15 minutes).

`--interfaces` leaves the clients out. `--only PATTERN` records the clients whose id matches, `--missing`
those that have no record yet. Records of clients that are gone are dropped. Exit status 1 if a client's
verdicts are wrong; its record stays.
"""

# ruff: noqa: T201 - it prints its progress

from __future__ import annotations

import argparse
import multiprocessing
import sys
from fnmatch import fnmatchcase

import hypothesis

from tests.golden import clients, interfaces, read, write
from tests.sample_clients.registry import entries

_PROCESSES = 4  # half of what a run does is waiting


def main() -> int:
    """Write the files; what differs is for `git diff` to show."""
    parser = argparse.ArgumentParser(prog="python -m tests.golden", description=__doc__)
    parser.add_argument("--interfaces", action="store_true")
    parser.add_argument("--only", metavar="PATTERN", default="*")
    parser.add_argument("--missing", action="store_true")
    options = parser.parse_args()
    for name, value in interfaces.everything().items():
        write(name, value)
    if options.interfaces:
        return 0
    recorded = read("clients.json")["clients"]
    ids = [entry.id for entry in entries()]
    wanted = [
        number
        for number, id in enumerate(ids)
        if fnmatchcase(id, options.only) and not (options.missing and id in recorded)
    ]
    wrong: list[str] = []
    kept = {id: recorded[id] for id in ids if id in recorded}
    try:
        with multiprocessing.get_context("spawn").Pool(_PROCESSES) as pool:
            for count, (id, found) in enumerate(pool.imap_unordered(clients.record_numbered, wanted), 1):
                if isinstance(found, str):
                    wrong.append(f"{id}: {found}")
                else:
                    kept[id] = found
                print(f"\r{count} of {len(wanted)}", end="", file=sys.stderr)
    finally:
        print(file=sys.stderr)
        write("clients.json", {"hypothesis": hypothesis.__version__, "clients": kept})
    print(*wrong, sep="\n", end="\n" if wrong else "", file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
