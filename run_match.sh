#!/usr/bin/env bash
# Fine-tunes, evaluates and saves a matcher. With no flags: on the sample that ships in data/. All flags: run_match.sh --help
set -eu
. "$(dirname "${BASH_SOURCE[0]}")/app/setup.sh"
setup
exec "$python" "$root/app/__main__.py" match "$@"
