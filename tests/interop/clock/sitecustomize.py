"""Sets the clock of a Python program that has this directory on its PYTHONPATH: GTO takes no date from anywhere else."""

import os
import time

if "PEER_CLOCK" in os.environ:
    _now = float(os.environ["PEER_CLOCK"])
    time.time = lambda: _now
