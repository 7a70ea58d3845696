"""`python -m benchmarks`; what it does and takes is in `run`."""

import sys

from .run import main

sys.exit(main())
