"""Finds the cloud of a CSDL file by its name or URL: `beta-Prod.csdl`, `graph.microsoft.us`."""

from __future__ import annotations

import re
from dataclasses import replace

from graphcontract.drift.model import Fact, Reading

_FILE = re.compile(r"(?:^|[/\\])(?:beta|v1\.0)-([A-Za-z0-9]+)\.(?:csdl|xml)$")
_NAMES = {"prod": "global", "fairfax": "us-gov-l4", "dod": "us-gov-l5", "mooncake": "china"}
_HOSTS = {
    "graph.microsoft.com": "global",
    "graph.microsoft.us": "us-gov-l4",
    "dod-graph.microsoft.us": "us-gov-l5",
    "microsoftgraph.chinacloudapi.cn": "china",
}


def find_cloud(name: str) -> str | None:
    """Find the cloud in the name or URL of a CSDL file, an unknown one as spelled there; else None."""
    host = re.match(r"https?://([^/:]+)", name)
    if host and host[1].casefold() in _HOSTS:
        return _HOSTS[host[1].casefold()]
    file = _FILE.search(name)
    return _NAMES.get(file[1].casefold(), file[1].casefold()) if file else None


def add_cloud(reading: Reading) -> Reading:
    """Add the fact `clouds` to a reading of CSDL whose file name or URL has the cloud."""
    cloud = find_cloud(reading.origin.source)
    known = reading.facts.get("clouds")
    if reading.origin.kind != "csdl" or cloud is None or (known and known.stance == "asserts"):
        return reading
    fact = Fact("clouds", "asserts", (cloud,), reading.origin)
    return replace(reading, facts={**reading.facts, "clouds": fact})
