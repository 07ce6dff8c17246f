#!/usr/bin/env bash
# Fine-tunes, evaluates and saves a matcher. With no flags: on the sample that ships in data/. All flags: run_match.sh --help
set -eu
cd "$(dirname "$0")"
. app/setup.sh
setup
exec "$python" -m app match "$@"
