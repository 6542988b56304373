"""The networks of the tests are tiny: on one thread they take a third of the processor time.

Nor do processes that test at once (``-n``) wait for each other's cores then. What tests start inherits it;
an engine counts its threads itself.
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before anything loads torch
