"""`python -m tests.drivers.gates`: the whole gate of every released client, with three seeds, and a quick one
of the SDKs over all operations.

Green is a client that fails as its list says, and not otherwise.
"""

# ruff: noqa: T201 - it prints its results

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

from tests.drivers import GATES, MANY_GATES, ROOT, Gate

SEEDS = (0, 1, 2)


def judged(gate: Gate, seed: int) -> tuple[int, str]:
    """Exit status and output of one gate."""
    check = [str(Path(sys.executable).with_name("graphcontract")), "check", *gate.words, "--seed", str(seed)]
    ended = subprocess.run(
        check, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8"
    )
    return ended.returncode, ended.stdout


def main() -> int:
    """Run them all, a line each; what a red one prints comes after its line. Status 1 where one is red."""
    red = 0
    for gate in (*GATES, *MANY_GATES):
        if not gate.at_hand:
            print(f"{gate.name:32}not here: {f'make {gate.make}' if gate.make else f'install {gate.needs}'}")
            red += 1
            continue
        for seed in SEEDS if not gate.operations else SEEDS[:1]:
            began = time.monotonic()
            status, said = judged(gate, seed)
            took = time.monotonic() - began
            what = " ".join(gate.operations) or "one contract"
            print(f"{gate.name:32}{what:16}seed {seed}   exit status {status}   {took:.1f} s", flush=True)
            if status:
                print(said)
                red += 1
    return min(red, 1)


if __name__ == "__main__":
    sys.exit(main())
