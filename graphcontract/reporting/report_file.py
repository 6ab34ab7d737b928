"""Checks the files that a run writes before it starts. They are opened when there is something to write, so
that a run that is refused leaves them as they were.
"""

from __future__ import annotations

import errno
import os
from pathlib import Path


def check_writable(path: Path) -> None:
    """Raise OSError if the file cannot be written. Its folders are made; the file stays as it is.

    Pipes and devices are left alone: to open one and to close it again ends what reads from it.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except FileExistsError:
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(path.parent)) from None
    if path.exists() and not (path.is_file() or path.is_dir()):
        return
    try:
        with open(path, "x"):
            pass
    except FileExistsError:
        with open(path, "a"):
            return
    path.unlink()
