"""The suites: short tests, each for a few clauses, that read as the contract's commentary."""

from __future__ import annotations

from importlib import import_module

from graphcontract.judging.suite_api import SuiteTest

# pytest collects files by name instead, and the first test that shows a violation gives its evidence: a file
# that is renamed changes what a run reports.
_MODULES = (
    "test_request",
    "test_answers",
    "test_errors",
    "test_retries",
    "test_redirects",
    "test_network",
    "test_http2",
    "test_http2_connections",
    "test_calls",
    "test_time",
)


def tests() -> list[SuiteTest]:
    """Every test of the suites that checks a client, those of a module in its order."""
    modules = [import_module(f"{__name__}.{name}") for name in _MODULES]
    return [value for module in modules for value in vars(module).values() if isinstance(value, SuiteTest)]
