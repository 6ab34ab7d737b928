"""Inputs drawn by Hypothesis: calls, their ids and tokens, errors; each a set of named classes of input.

Knows the contract, URIs, tokens and Graph's error object; no transport, no clause, no pytest.
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
