#!/bin/sh
# Makes a virtual environment from a hash-pinned requirement file: setup.sh VENV REQUIREMENTS [editable]
# Needs Python 3.11 or later and the network; brings everything else itself.
set -eu
venv=$1
requirements=$2
mode=${3:-}
cd "$(dirname "$0")/.."

# Interpreters are tried by running them: a name on PATH may be a shim that only complains.
find_python() {
    for name in ${PYTHON:-} python3.13 python3.12 python3.11 python3 /usr/bin/python3; do
        if "$name" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' \
            >/dev/null 2>&1; then
            echo "$name"
            return
        fi
    done
}

python=$(find_python)
if [ -z "$python" ] && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    echo "Installing Python from Debian's packages ..."
    apt-get update -qq && apt-get install -y -qq python3 python3-venv >/dev/null
    python=$(find_python)
fi
if [ -z "$python" ]; then
    echo "error: Python 3.11 or later with venv is needed (PYTHON=/path/to/python make ...)." >&2
    exit 1
fi

echo "Setting up $venv with $("$python" --version) ..."
[ -x "$venv/bin/python" ] || "$python" -m venv "$venv"
if [ ! -x .venv/bin/uv ]; then
    version=$(sed -n 's/^uv==\([0-9.]*\).*/\1/p' requirements/development.txt)
    .venv/bin/python -m pip install --quiet --disable-pip-version-check "uv==$version" ||
        echo "uv cannot be had; pip does it alone, in a minute or two."
fi
if [ -x .venv/bin/uv ]; then
    .venv/bin/uv pip sync --quiet --python "$venv/bin/python" --require-hashes \
        --compile-bytecode "$requirements"
else
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes \
        -r "$requirements"
fi
if [ "$mode" = editable ]; then
    if [ -x .venv/bin/uv ]; then
        .venv/bin/uv pip install --quiet --python "$venv/bin/python" --no-deps \
            --no-build-isolation --editable .
    else
        "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps \
            --no-build-isolation --editable .
    fi
fi
touch "$venv/.ready"
