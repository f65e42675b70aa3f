"""``python -m tocsin_client exec …``: the wrapper where no script is on the path."""

from __future__ import annotations

import sys

from tocsin_client.exec import main

if __name__ == "__main__":
    if sys.argv[1:2] != ["exec"]:
        sys.stderr.write("tocsin: write python -m tocsin_client exec --workflow NAME -- COMMAND\n")
        sys.exit(2)
    sys.exit(main(sys.argv[2:], "python -m tocsin_client exec"))
