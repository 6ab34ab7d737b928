"""Builds clauses when they are first read: of thousands of contracts, most clauses are never read."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

from graphcontract.contract.model import Clause


class LazyClauses(Mapping[str, Clause]):
    """Clauses by id, in order; `build` makes the one of an id."""

    def __init__(self, ids: Iterable[str], build: Callable[[str], Clause]) -> None:
        self._built: dict[str, Clause | None] = dict.fromkeys(ids)
        self._build = build

    def __getitem__(self, id: str) -> Clause:
        clause = self._built[id]
        if clause is None:
            self._built[id] = clause = self._build(id)
        return clause

    def __iter__(self) -> Iterator[str]:
        return iter(self._built)

    def __len__(self) -> int:
        return len(self._built)

    def __contains__(self, id: object) -> bool:
        return id in self._built
