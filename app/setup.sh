# The one set-up step of the run_*.sh, which source it: leaves in $python a Python that has everything.
#   setup ["more-requirements.txt [pip options]"]...    makes .venv, installs requirements.txt and these, once, and again only when a file changes
# PYTHON=/path/to/python takes an existing environment as it is; nothing is installed into it.

export PIP_DISABLE_PIP_VERSION_CHECK=1 PYTHONUTF8=1

fail() { echo "error: $*" >&2; exit 2; }

# PaddleNLP 3 needs NumPy 1, which Python 3.13 has no wheel for.
fits() { "$1" -c 'import sys; sys.exit(not (3, 9) <= sys.version_info[:2] <= (3, 12))' 2>/dev/null; }

find_python() {
  local candidate
  for candidate in python3 python3.11 python3.12 python3.10 python3.9 python; do
    if command -v "$candidate" >/dev/null && fits "$candidate"; then echo "$candidate"; return; fi
  done
  return 1
}

make_venv() {
  local base
  base=$(find_python) || fail "Python 3.9, 3.10, 3.11 or 3.12 is needed and was not found (found: $(python3 --version 2>&1)); install one, or name it: PYTHON=/path/to/python"
  echo "setting up .venv with $("$base" --version) (once)"
  rm -rf .venv
  # Debian's Python comes without ensurepip; its pip can install into another environment.
  "$base" -m venv .venv >/dev/null 2>&1 || { rm -rf .venv; "$base" -m venv --without-pip .venv; } || fail "cannot make .venv with $base"
  if ! .venv/bin/python -m pip --version >/dev/null 2>&1; then
    "$base" -m pip --version >/dev/null 2>&1 || fail "$base has no pip; install it (Debian, Ubuntu: apt install python3-pip)"
    "$base" -m pip --python .venv/bin/python install --quiet pip >/dev/null 2>.venv/pip.log \
      || fail "cannot install pip into .venv: $(tail -n 1 .venv/pip.log)"
  fi
}

install() {
  local stamp=".venv/installed-$(echo "$1" | tr '/' '-')" wanted
  wanted=$("$python" -c 'import hashlib, sys; print(hashlib.sha256(open(sys.argv[1], "rb").read()).hexdigest())' "$1")
  [ "$(cat "$stamp" 2>/dev/null)" = "$wanted" ] && return
  echo "installing $1 (a minute or two, once)"
  "$python" -m pip install --quiet "${@:2}" -r "$1" >.venv/pip.log 2>&1 \
    || fail "installing $1 failed: $(grep -m1 -i '^error' .venv/pip.log || tail -n 1 .venv/pip.log) (all of it: .venv/pip.log)"
  echo "$wanted" >"$stamp"
}

setup() {
  if [ -n "${PYTHON:-}" ]; then
    python=$PYTHON
    command -v "$python" >/dev/null || fail "PYTHON=$PYTHON: no such program"
    fits "$python" || fail "PYTHON=$PYTHON: Python 3.9 to 3.12 is needed, this is $("$python" --version 2>&1)"
    return
  fi
  python=.venv/bin/python
  exec 9>.venv.lock
  if command -v flock >/dev/null; then flock 9; fi # two scripts at once: the second waits
  "$python" -m pip --version >/dev/null 2>&1 && fits "$python" || make_venv
  install requirements.txt
  local more
  for more in "$@"; do install $more; done # words: file, pip options
  exec 9>&-
}
