#!/usr/bin/env bash
# Pretrains a BERT on documents. With no flags: on the small corpus that ships in data/. All flags: run_pretrain.sh --help
set -eu
. "$(dirname "${BASH_SOURCE[0]}")/app/setup.sh"
setup
exec "$python" "$root/app/__main__.py" pretrain "$@"
