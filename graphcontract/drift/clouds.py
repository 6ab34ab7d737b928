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


def cloud_of(name: str) -> str | None:
    """Tell the cloud by the name or address of a CSDL file; a name that the model lacks is given as it is."""
    host = re.match(r"https?://([^/:]+)", name)
    if host and host[1].casefold() in _HOSTS:
        return _HOSTS[host[1].casefold()]
    file = _FILE.search(name)
    return _NAMES.get(file[1].casefold(), file[1].casefold()) if file else None


def with_cloud(reading: Reading) -> Reading:
    """A reading of CSDL with the cloud that it is of, where its name tells."""
    cloud = cloud_of(reading.origin.source)
    known = reading.facts.get("clouds")
    if reading.origin.kind != "csdl" or cloud is None or (known and known.stance == "asserts"):
        return reading
    fact = Fact("clouds", "asserts", (cloud,), reading.origin)
    return replace(reading, facts={**reading.facts, "clouds": fact})
