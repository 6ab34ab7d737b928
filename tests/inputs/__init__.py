"""Shared by the tests of the inputs: a contract, seeded draws, the smallest input that has a property."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from random import Random
from types import MappingProxyType
from typing import Any, TypeVar

import hypothesis
from hypothesis.strategies import SearchStrategy

from graphcontract.contract.model import Contract, SuccessRule
from graphcontract.exchange import RequestRule
from graphcontract.inputs import tokens

T = TypeVar("T")

PARAMETER = "sharePointMigrationTaskId"
CODES: Mapping[int, tuple[str, ...]] = {400: ("invalidRequest", "badArgument"), 404: ("itemNotFound",)}


def contract(
    schema: Mapping[str, Any] = MappingProxyType({"type": "string"}),
    error_codes: Mapping[int, tuple[str, ...]] = CODES,
) -> Contract:
    request = RequestRule(
        method="POST",
        root="https://graph.microsoft.com",
        version="beta",
        path=f"/tasks/{{{PARAMETER}}}/cancel",
        parameters={PARAMETER: schema},
        query="absent",
        fields={},
        content="absent",
    )
    return Contract(
        id="task-cancel",
        title="task: cancel",
        sha256="0" * 64,
        request=request,
        success=SuccessRule(204, "absent"),
        clauses={},
        error_codes=error_codes,
    )


def draws(strategy: SearchStrategy[T], count: int, seed: int = 0) -> list[T]:
    """Draw that many values, or fewer if there are fewer; health checks are on."""
    drawn: list[T] = []

    @hypothesis.seed(seed)
    @hypothesis.settings(
        max_examples=count,
        phases=[hypothesis.Phase.generate],
        database=None,
        derandomize=False,
        deadline=None,
    )
    @hypothesis.given(strategy)
    def run(value: T) -> None:
        drawn.append(value)

    run()
    return drawn


def smallest(strategy: SearchStrategy[T], wanted: Callable[[T], bool]) -> T:
    settings = hypothesis.settings(
        max_examples=200,
        phases=[hypothesis.Phase.generate, hypothesis.Phase.shrink],
        database=None,
        deadline=None,
        report_multiple_bugs=False,
    )
    return hypothesis.find(strategy, wanted, settings=settings, random=Random(0))


def token_of(recipe: Mapping[str, Any]) -> str:
    """The token that a recipe describes."""
    if not recipe["canary"]:
        return str(recipe["text"])
    return tokens.make(recipe["unit"], recipe["length"])
