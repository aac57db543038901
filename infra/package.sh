#!/bin/sh
# Packs the zip of a function: package.sh FUNCTION FOLDER. Called by `sam build` through the Makefile.
# package.sh FUNCTION alone tells the name of what it packs, which functions with the same needs share.
# Libraries come from a hash-pinned file as wheels for Lambda, ours from here; all is compiled by the
# Python of the runtime, because a function's folder is read-only and a cold start would compile anew.
# Of libraries only the bytecode is packed: their sources are a fifth of a package, and nobody reads
# them there. Ours stay, because migrations are found by their names.
set -eu
function=$1
folder=${2:-}
cd "$(dirname "$0")/.."
RUNTIME=3.13
PLATFORM=x86_64-manylinux_2_28

# What a function needs: a requirement file and folders of ours.
case $function in
    SafetyReports | SafetyWebhookWatch) set=safety-aws ours="services/safety infra/aws" ;;
    Randomization*) set=randomization ours=services/randomization ;;
    Assessments*) set=assessments ours=services/assessments ;;
    Safety*) set=safety ours=services/safety ;;
    AnalyticsApi | AuditNight | BeforeTraffic | Relay | TokenKeys)
        set=aws ours="services/analytics infra/aws infra/bus infra/database" ;;
    AnalyticsNightly | Operations | Watch)
        set=platform ours="services/analytics infra/aws infra/bus infra/database infra/migrations" ;;
    *) echo "error: nobody has said what $function needs (infra/package.sh)." >&2; exit 1 ;;
esac

if [ -z "$folder" ]; then
    echo "$set"
    exit
fi

install() {
    target=$1
    if [ -x .venv/bin/uv ]; then
        .venv/bin/uv pip install --quiet --target "$target" --python-version "$RUNTIME" \
            --python-platform "$PLATFORM" --only-binary :all: --require-hashes --link-mode copy \
            -r "requirements/$set.txt"
    else
        "$python" -m pip install --quiet --disable-pip-version-check --target "$target" \
            --platform manylinux_2_28_x86_64 --only-binary :all: --python-version "$RUNTIME" \
            --require-hashes --no-deps -r "requirements/$set.txt"
    fi
}

# What libraries bring and nothing of ours can reach.
prune() {
    libraries=$1
    find "$libraries" -type d \( -name tests -o -name __pycache__ \) -prune -exec rm -rf {} +
    rm -rf "$libraries/bin" "$libraries/.lock" "$libraries/sqlalchemy/testing"
    # Of lxml its trees are used, of Pillow what reportlab imports: no pictures of any kind.
    rm -rf "$libraries"/lxml/objectify* "$libraries"/lxml/html "$libraries"/lxml/isoschematron \
        "$libraries"/lxml/includes "$libraries"/lxml/*.pyx "$libraries"/lxml/*.pxi \
        "$libraries"/PIL/_avif.* "$libraries"/pillow.libs/libavif-*
    if [ -d "$libraries/botocore/data" ]; then
        # Descriptions of every service of AWS; these five are spoken to, and credentials need three.
        find "$libraries/botocore/data" -mindepth 1 -maxdepth 1 -type d \
            ! -name codedeploy ! -name events ! -name lambda ! -name s3 ! -name sns ! -name sts ! -name sso ! -name sso-oidc \
            -exec rm -rf {} +
    fi
}

# Whether what was packed before is still what would be packed.
is_fresh() {
    [ -e "$staged.ready" ] || return 1
    # shellcheck disable=SC2086 # folders, each a word
    newer=$(find shared $ours services/__init__.py infra/__init__.py infra/package.sh \
        "requirements/$set.txt" -name __pycache__ -prune -o -newer "$staged.ready" -print)
    [ -z "$newer" ]
}

pack() {
    staged=$1
    rm -rf "$staged"
    mkdir -p "$staged"
    install "$staged"
    prune "$staged"
    "$python" -m compileall -q -b --invalidation-mode unchecked-hash "$staged"
    find "$staged" -name '*.py' -delete
    for part in shared $ours; do
        mkdir -p "$staged/$part"
        cp -R "$part/." "$staged/$part"
    done
    [ ! -d "$staged/services" ] || cp services/__init__.py "$staged/services"
    [ ! -d "$staged/infra" ] || cp infra/__init__.py "$staged/infra"
    rm -rf "$staged/infra/aws/stacks"
    for part in shared services infra; do
        [ -d "$staged/$part" ] || continue
        find "$staged/$part" -name __pycache__ -type d -prune -exec rm -rf {} +
        "$python" -m compileall -q --invalidation-mode unchecked-hash "$staged/$part"
    done
}

python=$(infra/runtime.sh)

# Functions with the same needs are packed once and copied; the first one packs, others wait.
mkdir -p build
exec 9>"build/.$set.lock"
if command -v flock >/dev/null 2>&1; then flock 9; fi
staged=build/$set
if ! is_fresh; then
    touch "$staged.begun" # what changes from now on is not in it
    pack "$staged"
    mv "$staged.begun" "$staged.ready"
fi
cp -R "$staged/." "$folder"
