#!/usr/bin/env bash
# Make the project's own virtual environment: tools/setup.sh FOLDER
set -euo pipefail

venv=$1

find_python() {
  local candidate
  for candidate in python3 python3.13 python3.12 python3.11; do
    if command -v "$candidate" >/dev/null && "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
      printf '%s\n' "$candidate"
      return
    fi
  done
  echo 'sparkc needs Python 3.11 or newer. On Debian and Ubuntu: apt-get install python3 python3-venv' >&2
  exit 1
}

python=$(find_python)
if ! "$python" -c 'import ensurepip' 2>/dev/null; then
  version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
  echo "Python lacks ensurepip, which makes virtual environments. Run: apt-get install python$version-venv" >&2
  exit 1
fi

[ -x "$venv/bin/python" ] || "$python" -m venv "$venv"
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check -e '.[dev]'
touch "$venv/.ready"
echo "ready: $venv ($("$venv/bin/python" --version))"
