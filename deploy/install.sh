#!/bin/sh
# Install Tocsin, without what only its tests need, into a virtual environment: deploy/install.sh DIR [PYTHON]
set -eu
cd "$(dirname "$0")/.."
where=$1
"${2:-python3}" -m venv "$where"
"$where/bin/pip" install --quiet --no-cache-dir --require-hashes -r deploy/requirements.lock
"$where/bin/pip" install --quiet --no-deps --no-build-isolation .
"$where/bin/tocsin" --help >/dev/null
echo "Tocsin is in $where/bin/tocsin"
