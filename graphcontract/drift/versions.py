"""Finds the API version in a file name or URL: `beta-Prod.csdl`, `…/v1.0/$metadata`."""

from __future__ import annotations

import re

_VERSION = re.compile(r"(?<![A-Za-z0-9.])(beta|v1\.0)(?![A-Za-z0-9])")


def find_version(name: str) -> str | None:
    """Find the last version in a name; None without one."""
    found = _VERSION.findall(name)
    return found[-1] if found else None
