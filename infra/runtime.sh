#!/bin/sh
# Finds the Python of the functions' runtime: bytecode is good for one minor version only. A name on PATH
# may be a shim that only complains, so interpreters are tried by running them.
set -eu
cd "$(dirname "$0")/.."
RUNTIME=3.13
for name in ${PYTHON_LAMBDA:-} "python$RUNTIME" .venv/bin/python \
    "${PYENV_ROOT:-$HOME/.pyenv}/versions/$RUNTIME."*/bin/python \
    "$(.venv/bin/uv python find --no-project "$RUNTIME" 2>/dev/null || true)"; do
    if "$name" -c "import sys; sys.exit('%d.%d' % sys.version_info[:2] != '$RUNTIME')" \
        >/dev/null 2>&1; then
        echo "$name"
        exit 0
    fi
done
echo "error: Python $RUNTIME is needed to pack for its runtime (PYTHON_LAMBDA=/path make build)." >&2
exit 1
