"""The .NET SDK that is here, for what is written for .NET 8: an older one builds the same source for 3.1. A
ready-made driver brings such an SDK.
"""

from __future__ import annotations

import shutil
import subprocess
from functools import cache
from pathlib import Path

WRITTEN_FOR = "net8.0"
_OF_DRIVER = Path(__file__).parents[1] / "drivers" / "dotnet-http-client"
SDK = shutil.which("dotnet") or (str(_OF_DRIVER / "dotnet") if (_OF_DRIVER / "bin").exists() else None)


@cache
def find_framework() -> str:
    """The framework to build for, as a project file names it."""
    if SDK is None:
        return WRITTEN_FOR
    said = subprocess.run([SDK, "--version"], capture_output=True, check=True, encoding="utf-8").stdout
    return "netcoreapp3.1" if said.startswith("3.") else WRITTEN_FOR


def adapt(text: str) -> str:
    """A command, or a project file, for this SDK."""
    for command in ("dotnet build ", "process:dotnet "):
        text = text.replace(command, command.replace("dotnet", SDK or "dotnet"))
    return text.replace(WRITTEN_FOR, find_framework())
