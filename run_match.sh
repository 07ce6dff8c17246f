#!/usr/bin/env bash
# Fine-tunes, evaluates and saves a matcher. Without flags it uses the sample in data/. All flags: bash run_match.sh --help
set -eu
. "$(dirname "${BASH_SOURCE[0]}")/app/setup.sh"
setup
exec "$python" "$root/app/__main__.py" match "$@"
