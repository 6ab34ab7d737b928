"""Values of parameters by schema and input class, drawn once for a run: operations share them."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping, Sequence
from functools import cache, partial
from typing import Any

from hypothesis.strategies import SearchStrategy

from graphcontract.clauses.queries import is_opaque_string
from graphcontract.inputs import ids, tokens
from graphcontract.judging.hypothesis_runner import draw

GRAPH_IDS: Mapping[str, tuple[str, ...]] = {
    "user-principal-name": ("adele_contoso.com#EXT#@fabrikam.example", "o'neil+test@contoso.example"),
    "site-id": ("contoso.sharepoint.com,0b9ff7a6-8a0c-4a1d-b1a1-5c0a1d6a2f3e,5f0f3f0e-6c1b-4b7a-9d59",),
    "chat-id": ("19:561082c0f3f847a58069deb8eb300807@thread.v2", "19:meeting_MjA=@thread.v2"),
    "drive-item-id": ("b!CbtYWrofwUGBJWnaJkNwoNrBLp", "F25AF2F1A9B1D2!105"),
    "base64-id": ("AAMkAGI2/y+TAAA=", "AQMkAD+x/AAAA=="),
}
"""Ids of forms that Graph uses, with the characters that clients fail to encode."""

_SIZE = 4  # values of each class and schema; an operation takes one
_PLAIN = 8  # as many parameters of one operation get different plain values
_SILENT = ("in", "name", "description")  # members of a schema that do not restrict its values


class ValuePool:
    """Draws values when they are first needed; any thread may ask. They depend on seed, schema and class."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._drawn: dict[tuple[str, str], Sequence[str]] = {}
        self._classes: dict[str, Mapping[str, SearchStrategy[str]]] = {}
        self._controls: Sequence[str] = ()
        self._lock = threading.RLock()

    def list_classes(self, schema: Mapping[str, Any]) -> tuple[str, ...]:
        """List the input classes that a parameter's schema allows."""
        graph = GRAPH_IDS if _is_open(schema) else ()
        return (*self._find_classes(schema), *graph)

    def find_values(self, schema: Mapping[str, Any], input_class: str) -> Sequence[str]:
        """Give a few values of an input class, its most telling one first."""
        if input_class in GRAPH_IDS:
            return GRAPH_IDS[input_class]
        return self._draw(_key(schema), input_class, lambda: self._find_classes(schema)[input_class])

    def find_plain(self, schema: Mapping[str, Any]) -> Sequence[str]:
        """Give ordinary values: GUIDs if the schema allows them."""
        return self._draw(_key(schema), "plain", lambda: ids.plain(_strip(schema)), _PLAIN)

    def find_unusable(self) -> Sequence[str]:
        """Give the values that cannot be a path segment: empty, and the dot segments."""
        return ("", ".", "..")

    def find_controls(self) -> Sequence[str]:
        """Give values with control characters, of each kind."""
        with self._lock:
            if not self._controls:
                classes = ids.control_task_ids()
                self._controls = [
                    self._draw("", f"control {name}", partial(classes.__getitem__, name), 1)[0]
                    for name in classes
                ]
            return self._controls

    def find_tokens(self) -> Sequence[str]:
        """Give ordinary tokens."""
        return self._draw("", "token", tokens.plain, _PLAIN)

    def _find_classes(self, schema: Mapping[str, Any]) -> Mapping[str, SearchStrategy[str]]:
        key = _key(schema)
        with self._lock:
            if key not in self._classes:
                self._classes[key] = ids.task_ids(_strip(schema))
            return self._classes[key]

    def _draw(
        self, key: str, name: str, make: Callable[[], SearchStrategy[str]], size: int = _SIZE
    ) -> Sequence[str]:
        with self._lock:
            if (key, name) not in self._drawn:
                drawn = draw(make(), seed=self._seed, name=f"operations/{key}/{name}", examples=size)
                self._drawn[key, name] = tuple(drawn)
            return self._drawn[key, name]


@cache
def open_pool(seed: int) -> ValuePool:
    """Return the values for a seed, which the runs of one process share."""
    return ValuePool(seed)


def _is_open(schema: Mapping[str, Any]) -> bool:
    return is_opaque_string(schema) and "maxLength" not in schema and schema.get("minLength", 0) <= 1


def _strip(schema: Mapping[str, Any]) -> dict[str, Any]:
    return {name: each for name, each in schema.items() if name not in _SILENT}


def _key(schema: Mapping[str, Any]) -> str:
    return json.dumps(_strip(schema), sort_keys=True)
