"""Makes the ids of a catalogue's operations: from version, method and path alone, so that they stay the same
when the catalogue is made again.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from hashlib import sha256

_LONGEST = 100  # characters, as the schema of contracts admits
_HEAD = 40  # of these for the begin of a long id; most of the others are for its end, which names the action
_HASH = 8  # hex digits: that two of 1,000 long ids share them has a probability of 1 in 8,000
_KEY = re.compile(r"\{[^{}]*\}")
_OTHER = re.compile(r"[^a-z0-9]+")


def make_ids(names: Iterable[str]) -> list[str]:
    """Make an id for each name such as `beta POST /users/{user-id}/revokeSignInSessions`.

    Ids are the words of the path with `id` for a parameter, the method unless it is POST, and the version. In
    a long one a hash is in place of the middle; those that would be the same have one as well.
    """
    names = list(names)
    ids = [_make_id(name) for name in names]
    if len(set(ids)) < len(ids):
        counts = Counter(ids)
        ids = [_cut(id, name) if counts[id] > 1 else id for id, name in zip(ids, names, strict=True)]
    return ids


def _make_id(name: str) -> str:
    version, method, path = name.split(" ", 2)
    words = _OTHER.sub("-", _KEY.sub("id", path).lower()).strip("-")
    suffix = "" if method == "POST" else f"-{method.lower()}"
    id = f"{words}{suffix}-{version.lower().replace('.', '-')}"
    id = id if id[:1].isalpha() else f"op-{id}"
    return id if len(id) <= _LONGEST else _cut(id, name)


def _cut(id: str, name: str) -> str:
    tail = _LONGEST - _HEAD - _HASH - 2
    head, rest = id[:_HEAD].rstrip("-"), id[_HEAD:]
    return "-".join(filter(None, (head, sha256(name.encode()).hexdigest()[:_HASH], rest[-tail:].lstrip("-"))))
