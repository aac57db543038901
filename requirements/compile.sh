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
for service in randomization assessments safety; do
    lock "$service" pyproject.toml --extra "$service"
done
# One lock a package of functions: those that speak to AWS by its SDK carry it.
lock analytics pyproject.toml --extra analytics --extra aws
lock aws pyproject.toml --extra aws
lock platform pyproject.toml --extra platform
lock safety-aws pyproject.toml --extra safety --extra aws
lock development pyproject.toml --extra randomization --extra assessments --extra safety --extra analytics --extra platform --extra aws \
    --group development
lock template --group pyproject.toml:template
lock runtime --group pyproject.toml:runtime
lock emulate --group pyproject.toml:emulate
lock policy --group pyproject.toml:policy
# The parsers of strangers' documents run inside it.
lock fuzz pyproject.toml --extra assessments --extra safety --group pyproject.toml:fuzz
lock supply --group pyproject.toml:supply
