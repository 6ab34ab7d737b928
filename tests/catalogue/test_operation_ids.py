from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from graphcontract.catalogue.operation_ids import make_ids

SEGMENTS = ["a", "A", "a-b", "b", "{a-id}", "{b}", "f(x='{x}')", "$ref", "é", "9"]
NAMES = st.builds(
    lambda version, method, segments: f"{version} {method} /{'/'.join(segments)}",
    st.sampled_from(["beta", "v1.0"]),
    st.sampled_from(["POST", "DELETE"]),
    st.lists(st.sampled_from(SEGMENTS), min_size=1),
)


def test_an_id_has_the_words_of_the_path() -> None:
    assert make_ids(
        [
            "beta POST /users/{user-id}/messages/{message-id}/send",
            "v1.0 DELETE /users/{user-id}",
            "v1.0 POST /sites/getByPath(path='{path}')/graph.page/publish",
        ]
    ) == [
        "users-id-messages-id-send-beta",
        "users-id-delete-v1-0",
        "sites-getbypath-path-id-graph-page-publish-v1-0",
    ]


@given(st.lists(NAMES, unique=True))
def test_ids_are_unique_and_may_be_those_of_contracts(names: list[str]) -> None:
    ids = make_ids(names)
    assert len(set(ids)) == len(names)
    assert all(re.fullmatch("[a-z][a-z0-9-]{0,99}", id) for id in ids)


def test_a_long_id_shows_where_the_path_ends() -> None:
    (id,) = make_ids(["beta POST " + "/segment/{key}" * 20 + "/close"])
    assert id.startswith("segment-id-segment-id")
    assert id.endswith("-close-beta")
    assert len(id) <= 100


def test_an_id_depends_on_its_own_operation_alone() -> None:
    names = ["beta POST /a/{b}/c", "v1.0 POST /a/{b}/c", "beta DELETE /a/{b}"]
    assert make_ids(names) == [make_ids([name])[0] for name in names]
