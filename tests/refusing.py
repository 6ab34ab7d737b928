"""Runs a program where the system refuses network namespaces, as containers and hardened machines do."""

from __future__ import annotations

import sys
from collections.abc import Sequence

_REFUSE = """
import ctypes, os, sys
system = ctypes.CDLL(None)
user, group = os.getuid(), os.getgid()
# Where no user namespace can be made either, nothing is left to be refused.
if hasattr(system, "unshare") and system.unshare(0x10000000) == 0:
    for name, text in ("setgroups", "deny"), ("uid_map", f"0 {user} 1"), ("gid_map", f"0 {group} 1"):
        with open(f"/proc/self/{name}", "w") as file:
            file.write(text)
    with open("/proc/sys/user/max_net_namespaces", "w") as file:
        file.write("0")
os.execvp(sys.argv[1], sys.argv[1:])
"""


def refusing(argv: Sequence[str]) -> list[str]:
    """The command line that runs `argv` so."""
    return [sys.executable, "-c", _REFUSE, *argv]
