"""The tests' conforming client, as `python:benchmarks.raw:cancel`: on a raw socket, so that a call costs
little.
"""

from __future__ import annotations

from tests.bank.client import Conforming

LIMITS = {"timeout": "attempt"}

cancel = Conforming().cancel
