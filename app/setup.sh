# Prepares the Python environment of the run_*.sh scripts, which source this file. Afterwards $python is the Python to use.
#   setup ["OTHER-requirements.txt [pip options]"]...   makes .venv and installs requirements.txt and the other files; again only if a file has changed
# PYTHON=/path/to/python uses an existing environment; nothing is installed into it.

export PIP_DISABLE_PIP_VERSION_CHECK=1 PYTHONUTF8=1
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

fail() { echo "error: $*" >&2; exit 2; }

is_supported() { "$1" -c 'import sys; sys.exit(not (3, 9) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null; }

find_python() {
  local candidate
  for candidate in python3 python3.{13,12,11,10,9} python \
    "${PYENV_ROOT:-${HOME:-}/.pyenv}"/versions/3.*/bin/python3 "${HOME:-}"/.local/share/uv/python/cpython-3.*/bin/python3 \
    {"${HOME:-}",/opt}/{miniconda3,anaconda3}/bin/python3 /usr/local/bin/python3.* /usr/bin/python3.*; do
    if command -v "$candidate" >/dev/null && is_supported "$candidate"; then echo "$candidate"; return; fi
  done
  return 1
}

make_venv() {
  local base
  base=$(find_python) || fail "Python 3.9 to 3.13 is needed (PaddlePaddle supports no newer version), found: $(python3 --version 2>&1 || true); install one (uv python install 3.13, or your system's package python3.13), or set PYTHON=/path/to/python"
  echo "setting up $root/.venv with $("$base" --version) (once)"
  rm -rf "$root/.venv"
  # Debian's Python has no ensurepip, but its pip can install into another environment.
  "$base" -m venv "$root/.venv" >/dev/null 2>&1 || { rm -rf "$root/.venv"; "$base" -m venv --without-pip "$root/.venv"; } || fail "cannot make $root/.venv with $base"
  if ! "$python" -m pip --version >/dev/null 2>&1; then
    "$base" -m pip --version >/dev/null 2>&1 || fail "$base has no pip; install it (Debian, Ubuntu: apt install python3-pip)"
    "$base" -m pip --python "$python" install --quiet pip >/dev/null 2>"$root/.venv/pip.log" \
      || fail "cannot install pip into $root/.venv: $(tail -n 1 "$root/.venv/pip.log")"
  fi
}

pip_install() {
  "$python" -m pip install --quiet "$@" >"$root/.venv/pip.log" 2>&1 \
    || fail "installation failed: $(grep -m1 -i '^error' "$root/.venv/pip.log" || tail -n 1 "$root/.venv/pip.log") (full log: $root/.venv/pip.log)"
}

install() {
  local file="$root/$1" stamp="$root/.venv/installed-$(echo "$1" | tr '/' '-')" hash # of the installed file
  hash=$("$python" -c 'import hashlib, sys; print(hashlib.sha256(open(sys.argv[1], "rb").read()).hexdigest())' "$file")
  [ "$(cat "$stamp" 2>/dev/null)" = "$hash" ] && return
  echo "installing $1 (once, takes a minute or two)"
  pip_install "${@:2}" -r "$file"
  if [ "$1" = requirements.txt ] && "$python" -c 'import sys; sys.exit(sys.version_info < (3, 13))'; then
    pip_install --no-deps "$(grep -o '^paddlenlp==[^ ;]*' "$file")" # the versions that it requires have no wheels for Python 3.13
  fi
  echo "$hash" >"$stamp"
}

setup() {
  if [ -n "${PYTHON:-}" ]; then
    python=$PYTHON
    case $python in [!/]*/*) python=$PWD/$python ;; esac # stays valid after a cd
    command -v "$python" >/dev/null || fail "PYTHON=$PYTHON: no such program"
    is_supported "$python" || fail "PYTHON=$PYTHON: Python 3.9 to 3.13 is needed, this is $("$python" --version 2>&1)"
    return
  fi
  python=$root/.venv/bin/python
  if ! { exec 9>"$root/.venv.lock"; } 2>/dev/null; then
    # On a read-only disk, an environment that is installed already is used.
    is_supported "$python" && return
    fail "cannot write .venv into $root; copy the project to a writable disk, or use an existing environment: PYTHON=/path/to/python"
  fi
  if command -v flock >/dev/null; then flock 9; fi # if two scripts start together, the second one waits
  "$python" -m pip --version >/dev/null 2>&1 && is_supported "$python" || make_venv
  install requirements.txt
  local requirements
  for requirements in "$@"; do install $requirements; done # not quoted: file and pip options are separate words
  exec 9>&-
}
