"""Finds the API version in a file name or URL: `beta-Prod.csdl`, `…/v1.0/$metadata`."""

from __future__ import annotations

import re

_VERSION = re.compile(r"(?<![A-Za-z0-9.])(beta|v1\.0)(?![A-Za-z0-9])")


def version_in(name: str) -> str | None:
    """Tell the version that a name has last; None where it has none."""
    found = _VERSION.findall(name)
    return found[-1] if found else None
