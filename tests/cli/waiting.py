"""A driver that answers the calls before the tests, the first one and the one over TLS that shows whether it
speaks HTTP/2, and no other: `waiting.py FOLDER` leaves `called-PID` there.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from pathlib import Path

calls = 0
for line in sys.stdin:
    command = json.loads(line)
    reply: dict[str, object] = {"implementation": {"name": "waiting"}}
    if command["cmd"] == "stop":
        break
    if command["cmd"] == "call":
        calls += not str(command["base_url"]).startswith("https:")
        if calls > 1:
            Path(sys.argv[1], f"called-{os.getpid()}").touch()
            signal.pause()
        reply = {"seq": command["seq"], "outcome": "success"}
    sys.stdout.write(json.dumps(reply) + "\n")
    sys.stdout.flush()
