"""The tests of the suites, under one name for type checkers and for the interpreter."""

from __future__ import annotations

from typing import TYPE_CHECKING

# A wheel has the folder `suites` of the checkout as `graphcontract.suites`; mypy sees it in the checkout.
if TYPE_CHECKING:
    from suites import tests as suite_tests
else:
    from graphcontract.suites import tests as suite_tests

__all__ = ["suite_tests"]
