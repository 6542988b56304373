"""What has to be so before anything is loaded, in each process that tests and in all that it starts.

The networks of the tests are tiny: on one thread they take a third of the processor time, and processes that
test at once (``-n``) do not wait for each other's cores. An engine counts its threads itself.
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ["QT_QPA_PLATFORM"] = "offscreen"
os.environ["PYSIDE6_OPTION_LAZY"] = "0"  # as the program does; pytest-qt loads Qt before gui/conftest is read
