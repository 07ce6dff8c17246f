# The one set-up step of the run_*.sh, which source it: leaves in $python a Python that has everything.
#   setup ["more-requirements.txt [pip options]"]...    makes .venv, installs requirements.txt and these, once, and again only when a file changes
# PYTHON=/path/to/python takes an existing environment as it is; nothing is installed into it.

export PIP_DISABLE_PIP_VERSION_CHECK=1 PYTHONUTF8=1
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

fail() { echo "error: $*" >&2; exit 2; }

fits() { "$1" -c 'import sys; sys.exit(not (3, 9) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null; }

find_python() {
  local candidate
  for candidate in python3 python3.{13,12,11,10,9} python \
    "${PYENV_ROOT:-${HOME:-}/.pyenv}"/versions/3.*/bin/python3 "${HOME:-}"/.local/share/uv/python/cpython-3.*/bin/python3 \
    {"${HOME:-}",/opt}/{miniconda3,anaconda3}/bin/python3 /usr/local/bin/python3.* /usr/bin/python3.*; do
    if command -v "$candidate" >/dev/null && fits "$candidate"; then echo "$candidate"; return; fi
  done
  return 1
}

make_venv() {
  local base
  base=$(find_python) || fail "Python 3.9 to 3.13 is needed (PaddlePaddle has no newer one), found: $(python3 --version 2>&1 || true); install one (uv python install 3.13, or your system's package python3.13), or name it: PYTHON=/path/to/python"
  echo "setting up $root/.venv with $("$base" --version) (once)"
  rm -rf "$root/.venv"
  # Debian's Python comes without ensurepip; its pip can install into another environment.
  "$base" -m venv "$root/.venv" >/dev/null 2>&1 || { rm -rf "$root/.venv"; "$base" -m venv --without-pip "$root/.venv"; } || fail "cannot make $root/.venv with $base"
  if ! "$python" -m pip --version >/dev/null 2>&1; then
    "$base" -m pip --version >/dev/null 2>&1 || fail "$base has no pip; install it (Debian, Ubuntu: apt install python3-pip)"
    "$base" -m pip --python "$python" install --quiet pip >/dev/null 2>"$root/.venv/pip.log" \
      || fail "cannot install pip into $root/.venv: $(tail -n 1 "$root/.venv/pip.log")"
  fi
}

pip_install() {
  "$python" -m pip install --quiet "$@" >"$root/.venv/pip.log" 2>&1 \
    || fail "installing failed: $(grep -m1 -i '^error' "$root/.venv/pip.log" || tail -n 1 "$root/.venv/pip.log") (all of it: $root/.venv/pip.log)"
}

install() {
  local file="$root/$1" stamp="$root/.venv/installed-$(echo "$1" | tr '/' '-')" wanted
  wanted=$("$python" -c 'import hashlib, sys; print(hashlib.sha256(open(sys.argv[1], "rb").read()).hexdigest())' "$file")
  [ "$(cat "$stamp" 2>/dev/null)" = "$wanted" ] && return
  echo "installing $1 (a minute or two, once)"
  pip_install "${@:2}" -r "$file"
  if [ "$1" = requirements.txt ] && "$python" -c 'import sys; sys.exit(sys.version_info < (3, 13))'; then
    pip_install --no-deps "$(grep -o '^paddlenlp==[^ ;]*' "$file")" # its own pins have no wheels for Python 3.13
  fi
  echo "$wanted" >"$stamp"
}

setup() {
  if [ -n "${PYTHON:-}" ]; then
    python=$PYTHON
    case $python in [!/]*/*) python=$PWD/$python ;; esac # from another folder, too
    command -v "$python" >/dev/null || fail "PYTHON=$PYTHON: no such program"
    fits "$python" || fail "PYTHON=$PYTHON: Python 3.9 to 3.13 is needed, this is $("$python" --version 2>&1)"
    return
  fi
  python=$root/.venv/bin/python
  if ! { exec 9>"$root/.venv.lock"; } 2>/dev/null; then
    # A read-only disk: what is installed there already is enough.
    fits "$python" && return
    fail "cannot write into $root, where .venv is to be made; copy the project to a disk that can be written to, or name an environment: PYTHON=/path/to/python"
  fi
  if command -v flock >/dev/null; then flock 9; fi # two scripts at once: the second waits
  "$python" -m pip --version >/dev/null 2>&1 && fits "$python" || make_venv
  install requirements.txt
  local more
  for more in "$@"; do install $more; done # words: file, pip options
  exec 9>&-
}
