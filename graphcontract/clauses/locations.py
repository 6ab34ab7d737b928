"""Where the Location of a redirect leads, and whether it can be followed at all; shared by the clauses."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal
from urllib.parse import SplitResult, urljoin, urlsplit

from graphcontract.exchange import Exchange
from graphcontract.wire import WireResponse

# Control characters, space, and what is beyond ASCII, which a URI must not contain (RFC 3986, 2).
_NOT_IN_A_URI = re.compile("[^!-~]")
_FOLLOWED_SCHEMES = ("", "http", "https")  # a relative reference has no scheme

Unusable = Literal["characters", "malformed", "scheme"]


def list_redirects(exchange: Exchange) -> Iterator[tuple[WireResponse, SplitResult]]:
    """Each redirect from the call's own root with its absolute target, in order; targets that are not URLs
    are left out.
    """
    for response in exchange.responses:
        if 300 <= response.status < 400 and response.values("location"):
            try:
                target = urlsplit(urljoin(exchange.root, response.values("location")[0]))
                _port = target.port
            except ValueError:
                continue
            yield response, target


def find_unusable_location(response: WireResponse) -> Unusable | None:
    """Why no client has to follow the Location of a redirect: its `characters` are not those of a URI, it is
    `malformed`, or HTTP has no such `scheme`. None if it can be followed, or is missing. An empty one can
    be followed: it is a relative reference to the same URL (RFC 3986, 4.4).
    """
    values = response.values("location")
    if not 300 <= response.status < 400 or response.status == 304 or not values:
        return None
    if _NOT_IN_A_URI.search(values[0]):
        return "characters"
    try:
        target = urlsplit(values[0])
        _port = target.port
    except ValueError:
        return "malformed"
    return None if target.scheme in _FOLLOWED_SCHEMES else "scheme"
