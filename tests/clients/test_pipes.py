from __future__ import annotations

import sys
import time

import pytest

from graphcontract.clients.pipes import Channel, SilentError

FLOOD = "import os\nwhile True: os.write(1, b'restoring\\n' * 1000)"


def test_a_flood_of_lines_does_not_outlast_the_deadline() -> None:
    channel = Channel([sys.executable, "-S", "-c", FLOOD], {})
    try:
        line = channel.receive(time.monotonic() + 30)
        assert line == b"restoring"
        channel.keep_output(line)
        with pytest.raises(SilentError, match="it wrote nothing else"):
            channel.receive(time.monotonic())
    finally:
        channel.end()
