"""The same pushes to Alertmanager and to Tocsin: what does either send, and when? Takes 20 s.

    .venv/bin/python benchmarks/alertmanager.py

Needs the program of Debian's package ``prometheus-alertmanager``; starts its own, on free ports of loopback.
"""

import logging
import shutil
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from acceptance.side_by_side import PROGRAM, side_by_side, table

if __name__ == "__main__":
    if shutil.which(PROGRAM) is None:
        sys.exit(f"{PROGRAM} is not on the PATH: apt-get install --no-install-recommends {PROGRAM}")
    logging.disable(logging.WARNING)  # of the receivers that are made to refuse
    print(table(side_by_side()))
