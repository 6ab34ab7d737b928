"""How much a run explores, and whether it is the same the next time."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Profile:
    """`examples` a test are spread over its classes of input, `least` in each; `database` keeps failures."""

    examples: int
    least: int
    deterministic: bool
    database: Path | None = None

    def share(self, classes: int, budget: int | None, calls: int = 1) -> int:
        """Examples a class of input; a client's own `budget` a test bounds them, to one a class at least.

        There are no classes where the contract excludes all of a test's inputs.
        """
        classes = max(1, classes)
        if budget is not None and budget < self.examples:
            return max(1, budget // (classes * calls))
        return max(self.least, math.ceil(self.examples / (classes * calls)))


PROFILES = {
    "quick": Profile(examples=40, least=1, deterministic=True),
    "gate": Profile(examples=120, least=4, deterministic=True),
    "nightly": Profile(
        examples=1200, least=20, deterministic=False, database=Path(".graphcontract", "examples")
    ),
}
