"""Inputs drawn by Hypothesis: calls with ids and tokens, and error responses, partitioned into input classes.

The names of input classes are stable: evidence ids and lists of known failures contain them.
"""

from __future__ import annotations

from graphcontract.inputs import calls, errors, ids, tokens
from graphcontract.inputs.errors import ErrorCase, MalformedError
from graphcontract.inputs.partitions import Partitions, constants, each

__all__ = [
    "ErrorCase",
    "MalformedError",
    "Partitions",
    "calls",
    "constants",
    "each",
    "errors",
    "ids",
    "tokens",
]
