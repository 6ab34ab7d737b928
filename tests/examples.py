"""How many examples a property test draws: a tenth in `make test`, all of them in `make nightly`."""

from __future__ import annotations

import os

_SHARE = 10
_LEAST = 10
_ALL = os.environ.get("GRAPHCONTRACT_ALL_EXAMPLES") == "1"


def count_examples(most: int) -> int:
    """The number of examples to draw where `make nightly` draws `most`."""
    return most if _ALL else min(most, max(_LEAST, most // _SHARE))
