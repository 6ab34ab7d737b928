"""The conforming sample client, as `python:benchmarks.raw:cancel`: on a raw socket, a call costs little."""

from __future__ import annotations

from tests.sample_clients.bases.conforming import Conforming

LIMITS = {"timeout": "attempt"}

cancel = Conforming().cancel
