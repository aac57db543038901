# Two commands do all the set-up: make run, make test. The others are for working on Induct.
.DEFAULT_GOAL := help
SHELL := /bin/sh
unexport PYTHONDONTWRITEBYTECODE
export UV_PYTHON_DOWNLOADS := never

VENV := .venv
BIN := $(VENV)/bin
TEMPLATE_BIN := .venv-template/bin
READY := $(VENV)/.ready
# One more than there are cores: while one waits for a disk or a process, another has its core.
WORKERS = $(shell expr $$(getconf _NPROCESSORS_ONLN) + 1)
TEMPLATE_READY := .venv-template/.ready

# How the tests ended, for the validation pack.
RESULTS := build/results.json

POLICY_BIN := .venv-policy/bin
POLICY_READY := .venv-policy/.ready
SUPPLY_BIN := .venv-supply/bin
SUPPLY_READY := .venv-supply/.ready
# The locks of what is deployed; the others are tools.
SHIPPED := randomization assessments safety safety-aws analytics aws platform
EMULATE_READY := .venv-emulate/.ready
FUZZ_READY := .venv-fuzz/.ready

.PHONY: help run demo test cohorts hostile fuzz emulate soak check validation-pack bench setup format lint types imports proofs licences sbom advisories supply-chain template policy build packed contracts lock clean

help:  ## Show what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-15s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: $(READY)  ## Start everything on this machine and take calls (sets up at first)
	@exec $(BIN)/induct run

demo: $(READY)  ## Replay a real trial and simulate another, through the public interface
	@exec $(BIN)/induct demo

test: $(READY)  ## Run the tests on a real Postgres (sets up at first)
	INDUCT_RESULTS=$(RESULTS) $(BIN)/pytest --numprocesses $(WORKERS) --dist loadfile --no-loadscope-reorder

validation-pack: $(READY)  ## Join requirements, tests and results in build/validation (runs the proofs unless `make test` did)
	$(BIN)/python -m infra.validation fresh || INDUCT_RESULTS=$(RESULTS) \
	    $(BIN)/pytest --numprocesses $(WORKERS) --dist loadfile --no-loadscope-reorder -m proves
	$(BIN)/python -m infra.validation pack

cohorts: $(READY)  ## Enter three real cohorts by the public interface; compare their nights with R
	INDUCT_COHORTS=all $(BIN)/pytest tests/infra/local/test_cohorts.py

hostile: $(READY)  ## Send every nasty value to every place of every route (the tests send a part)
	INDUCT_HOSTILE=all $(BIN)/pytest tests/hostile

fuzz: $(READY) $(FUZZ_READY)  ## Generated calls as every role, and spoiled documents (ONLY="safety auditor": a part)
	$(BIN)/python -m tests.hostile.fuzz $(ONLY)

emulate: $(READY) $(EMULATE_READY)  ## Deploy template.yaml into an emulator of AWS here; one child through it
	INDUCT_EMULATE=1 $(BIN)/pytest tests/emulation

soak: $(READY)  ## A deployment under faults, seed by seed: make soak SEEDS=1000 FIRST_SEED=1
	@SEEDS=$(or $(SEEDS),20) FIRST_SEED=$(or $(FIRST_SEED),1) KEEP=$(KEEP) \
	    $(BIN)/python -m tests.simulation

check: lint types imports proofs licences template contracts  ## All gates but the tests

bench: $(READY)  ## Measure speed beside the limits of this machine; writes docs/benchmarks.md
	$(BIN)/python -m benchmarks

setup: $(READY)  ## Install what is needed, and nothing else

format: $(READY)  ## Format the code
	$(BIN)/ruff check --fix --quiet . ; $(BIN)/ruff format .

lint: $(READY)  ## Ruff, and what this project does not allow in a file
	$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/python -m infra.lint

types: $(READY)  ## mypy, strict
	$(BIN)/mypy

imports: $(READY)  ## Who may import whom
	$(BIN)/lint-imports

proofs: $(READY)  ## Every requirement has the tests that its risk asks for
	$(BIN)/python -m infra.validation check

template: $(READY) $(TEMPLATE_READY)  ## cfn-lint and sam validate on the templates, and SAM's expansion
	$(TEMPLATE_BIN)/cfn-lint template.yaml infra/aws/stacks/*.yaml
	AWS_DEFAULT_REGION=eu-central-1 SAM_CLI_TELEMETRY=0 \
	    $(TEMPLATE_BIN)/sam validate --lint --template template.yaml
	$(TEMPLATE_BIN)/python infra/expand.py

licences: $(READY)  ## Every library is under a licence that infra/supply/policy.toml allows
	$(BIN)/python -m infra.supply licences

sbom: $(READY) $(SUPPLY_READY)  ## Lists of what each package of functions consists of (CycloneDX), in build/sbom
	mkdir -p build/sbom
	for lock in $(SHIPPED); do \
	    PYTHONWARNINGS=ignore $(SUPPLY_BIN)/cyclonedx-py requirements --pyproject pyproject.toml --output-reproducible \
	        --output-format JSON --output-file build/sbom/$$lock.cdx.json requirements/$$lock.txt || exit 1; \
	done

advisories: $(READY)  ## The locks against a copy of the PyPA advisory database: INDUCT_ADVISORIES=FOLDER
	$(BIN)/python -m infra.supply advisories

supply-chain: sbom licences policy advisories  ## All gates of the libraries (not in .ci/run: it wants a database of today and a large environment)

policy: $(READY) $(POLICY_READY)  ## checkov, hadolint and bandit on templates, Dockerfile and code (not in .ci/run: it brings a large environment)
	$(POLICY_BIN)/bandit --configfile pyproject.toml --quiet --recursive --severity-level medium \
	    services shared infra
	$(POLICY_BIN)/checkov --config-file infra/aws/checkov.yaml \
	    --file template.yaml infra/aws/stacks/*.yaml services/analytics/Dockerfile
	$(POLICY_BIN)/hadolint services/analytics/Dockerfile

build: $(READY) $(TEMPLATE_READY)  ## Pack the functions for Lambda (needs Python 3.13) and weigh them
	rm -rf build .aws-sam/build
	SAM_CLI_TELEMETRY=0 AWS_DEFAULT_REGION=eu-central-1 \
	    $(TEMPLATE_BIN)/sam build --build-in-source --parallel
	$(BIN)/python -m infra.packages

packed: $(READY)  ## Run the tests of the Lambda entries on what `make build` packed
	rm -rf build/runtime
	$(BIN)/uv pip install --quiet --target build/runtime --python "$$(infra/runtime.sh)" \
	    --require-hashes -r requirements/runtime.txt
	INDUCT_PACKAGES=$(CURDIR)/.aws-sam/build INDUCT_RUNTIME=$(CURDIR)/build/runtime \
	    $(BIN)/pytest --numprocesses 2 --dist loadfile tests/lambda_entries

# What `sam build` asks for, function by function.
build-%:
	infra/package.sh "$*" "$(ARTIFACTS_DIR)"

contracts: $(READY)  ## Event contracts: files agree with models, nothing broke a reader
	$(BIN)/induct contracts check

lock: $(READY)  ## Compile requirements/*.txt from pyproject.toml
	requirements/compile.sh

clean:  ## Remove environments and caches; data in .induct stay
	rm -rf $(VENV) .venv-template .venv-policy .venv-supply .venv-emulate .venv-fuzz build .aws-sam .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

$(READY): requirements/development.txt pyproject.toml infra/setup.sh
	@infra/setup.sh $(VENV) requirements/development.txt editable

$(TEMPLATE_READY): requirements/template.txt infra/setup.sh $(READY)
	@infra/setup.sh .venv-template requirements/template.txt

$(POLICY_READY): requirements/policy.txt infra/setup.sh $(READY)
	@infra/setup.sh .venv-policy requirements/policy.txt

# For atheris: it has wheels for this Python.
$(FUZZ_READY): requirements/fuzz.txt infra/setup.sh $(READY)
	@PYTHON=python3.11 infra/setup.sh .venv-fuzz requirements/fuzz.txt

$(SUPPLY_READY): requirements/supply.txt infra/setup.sh $(READY)
	@infra/setup.sh .venv-supply requirements/supply.txt

$(EMULATE_READY): requirements/emulate.txt infra/setup.sh $(READY)
	@PYTHON="$$(infra/runtime.sh)" infra/setup.sh .venv-emulate requirements/emulate.txt
