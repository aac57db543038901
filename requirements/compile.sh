#!/bin/sh
# Lock every requirement file from pyproject.toml. The files hold hashes and no index address,
# so that they install from any mirror: uv pip install, or pip install --require-hashes.
set -eu
cd "$(dirname "$0")/.."
uv=.venv/bin/uv
lock() {
    name=$1; shift
    "$uv" pip compile "$@" --universal --python-version 3.11 --generate-hashes \
        --no-header --no-annotate --quiet --output-file "requirements/$name.txt"
}
for service in randomization assessments safety analytics platform; do
    lock "$service" pyproject.toml --extra "$service"
done
lock development pyproject.toml --extra randomization --extra assessments --extra safety --extra analytics --extra platform \
    --group development
lock template --group pyproject.toml:template
