"""A driver that answers no call: `waiting.py FOLDER` leaves `called-PID` there when it gets one."""

from __future__ import annotations

import json
import os
import signal
import sys
from pathlib import Path

for line in sys.stdin:
    command = json.loads(line)["cmd"]
    if command == "stop":
        break
    if command == "call":
        Path(sys.argv[1], f"called-{os.getpid()}").touch()
        signal.pause()
    sys.stdout.write(json.dumps({"implementation": {"name": "waiting"}}) + "\n")
    sys.stdout.flush()
