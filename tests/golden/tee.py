"""`tee.py LOG COMMAND…`: runs a driver, and writes down each line of the protocol that passes."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path
from typing import IO


def main(log: str, *command: str) -> int:
    """Pass standard input and output through; the driver's exit status is ours."""
    lock = threading.Lock()
    with Path(log).open("wb") as written, subprocess.Popen(command, stdin=-1, stdout=-1) as driver:
        assert driver.stdin is not None
        assert driver.stdout is not None

        def copy(speaker: bytes, source: IO[bytes], target: IO[bytes]) -> None:
            for line in source:
                with lock:
                    written.write(speaker + line)
                    written.flush()
                target.write(line)
                target.flush()

        threading.Thread(target=copy, args=(b"> ", sys.stdin.buffer, driver.stdin), daemon=True).start()
        copy(b"< ", driver.stdout, sys.stdout.buffer)
        return driver.wait()


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
