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

POLICY_BIN := .venv-policy/bin
POLICY_READY := .venv-policy/.ready
EMULATE_READY := .venv-emulate/.ready

.PHONY: help run demo test cohorts emulate soak check bench setup format lint types imports template policy build packed contracts lock clean

help:  ## Show what can be made
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: $(READY)  ## Start everything on this machine and take calls (sets up at first)
	@exec $(BIN)/induct run

demo: $(READY)  ## Replay a real trial and simulate another, through the public interface
	@exec $(BIN)/induct demo

test: $(READY)  ## Run the tests on a real Postgres (sets up at first)
	$(BIN)/pytest --numprocesses $(WORKERS) --dist loadfile --no-loadscope-reorder

cohorts: $(READY)  ## Enter three real cohorts by the public interface; compare their nights with R
	INDUCT_COHORTS=all $(BIN)/pytest tests/infra/local/test_cohorts.py

emulate: $(READY) $(EMULATE_READY)  ## Deploy template.yaml into an emulator of AWS here; one child through it
	INDUCT_EMULATE=1 $(BIN)/pytest tests/emulation

soak: $(READY)  ## A deployment under faults, seed by seed: make soak SEEDS=1000 FIRST_SEED=1
	@SEEDS=$(or $(SEEDS),20) FIRST_SEED=$(or $(FIRST_SEED),1) KEEP=$(KEEP) \
	    $(BIN)/python -m tests.simulation

check: lint types imports template contracts  ## All gates but the tests

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

template: $(READY) $(TEMPLATE_READY)  ## cfn-lint and sam validate on the templates, and SAM's expansion
	$(TEMPLATE_BIN)/cfn-lint template.yaml infra/aws/stacks/*.yaml
	AWS_DEFAULT_REGION=eu-central-1 SAM_CLI_TELEMETRY=0 \
	    $(TEMPLATE_BIN)/sam validate --lint --template template.yaml
	$(TEMPLATE_BIN)/python infra/expand.py

policy: $(READY) $(POLICY_READY)  ## checkov and hadolint on templates and Dockerfile (not in .ci/run: it brings a large environment)
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
	rm -rf $(VENV) .venv-template .venv-policy .venv-emulate build .aws-sam .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

$(READY): requirements/development.txt pyproject.toml infra/setup.sh
	@infra/setup.sh $(VENV) requirements/development.txt editable

$(TEMPLATE_READY): requirements/template.txt infra/setup.sh $(READY)
	@infra/setup.sh .venv-template requirements/template.txt

$(POLICY_READY): requirements/policy.txt infra/setup.sh $(READY)
	@infra/setup.sh .venv-policy requirements/policy.txt

$(EMULATE_READY): requirements/emulate.txt infra/setup.sh $(READY)
	@PYTHON="$$(infra/runtime.sh)" infra/setup.sh .venv-emulate requirements/emulate.txt
