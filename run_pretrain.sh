#!/usr/bin/env bash
# Pretrains a BERT on documents. Without flags it uses the small corpus in data/. All flags: bash run_pretrain.sh --help
set -eu
. "$(dirname "${BASH_SOURCE[0]}")/app/setup.sh"
setup
exec "$python" "$root/app/__main__.py" pretrain "$@"
