# Everything a developer or CI runs. The recipes are thin: what they do lives in tests/sandbox and the tools' own
# configuration, and each target makes just the environments it needs.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
include layers/python.mk

UV := .venv/uv/bin/uv
TOOLS := .venv/tools/bin
SAM := .venv/sam/bin/sam
SANDBOX := $(TOOLS)/python -m tests.sandbox
PYTEST := $(TOOLS)/python -m pytest
SOURCES := functions layers/core/python tests

.PHONY: help
help: ## Show this list
	@awk -F ':.*## ' '/^[a-z0-9]+:.*## / {printf "  \033[36m%-12s\033[0m %s\n", $$1, $$2}' $(MAKEFILE_LIST)

## The local stack -----------------------------------------------------------------------------------------------------

.PHONY: demo run up down status
demo: environments ## Build, deploy to a local AWS, render one video, show it, clean up (on PROVIDER=runninghub or runcomfy, say)
	@$(SANDBOX) demo $(if $(PROVIDER),--provider '$(PROVIDER)')

run: environments ## The same stack, kept up until Ctrl-C, with commands to paste
	@$(SANDBOX) run

up: environments ## The same stack, in the background
	@$(SANDBOX) up

down: environments ## Stop what `make up` started
	@$(SANDBOX) down

status: environments ## Is the local stack up, and where
	@$(SANDBOX) status

## Tests ---------------------------------------------------------------------------------------------------------------

# In this order, whatever -j says: the cheap ones fail first.
.PHONY: test lint type unit integration e2e chaos chaos-stack bench
test: ## Everything CI runs: lint, type, unit, integration, e2e
	@$(MAKE) --no-print-directory lint
	@$(MAKE) --no-print-directory type
	@$(MAKE) --no-print-directory unit
	@$(MAKE) --no-print-directory integration
	@$(MAKE) --no-print-directory e2e

lint: .venv/tools/.made .venv/sam/.made ## Style, imports that go one way, the template, the locks
	$(TOOLS)/ruff check
	$(TOOLS)/ruff format --check
	$(TOOLS)/lint-imports
	.venv/sam/bin/cfn-lint template.yaml
	$(TOOLS)/python -m tests.sandbox.locks

type: .venv/tools/.made ## Types, strictly
	$(TOOLS)/mypy

unit: .venv/tools/.made ## Tests without network or processes, some thousand simulated runs among them
	$(PYTEST) tests/unit
	$(PYTEST) -n logical tests/chaos

integration: environments ## Adapters against a local AWS
	$(PYTEST) tests/integration

e2e: environments ## The deployed stack, on a local AWS of its own
	$(PYTEST) tests/e2e

chaos: .venv/tools/.made ## Simulate the whole system with faults at every step, on SEEDS=100000, say; tell the story of SEED=7
	@$(TOOLS)/python -m tests.chaos $(if $(SEED),--seed '$(SEED)',--seeds '$(or $(SEEDS),10000)')

chaos-stack: environments ## Break the deployed stack on a local AWS for some minutes, then balance its books
	@$(TOOLS)/python -m tests.chaos_stack $(if $(SEED),--seed '$(SEED)') $(if $(JOBS),--jobs '$(JOBS)')

bench: environments ## What the build weighs, how fast it starts, what a large file takes, how often jobs are looked up, what one costs
	@$(TOOLS)/python -m tests.benchmarks

## AWS -----------------------------------------------------------------------------------------------------------------

.PHONY: openapi build deploy redrive logs
openapi: .venv/tools/.made ## Write the API's description from the code
	@description=$$($(TOOLS)/python -m framehook.api_description); \
	  printf '%s\n' "$$description" > functions/serve_api/openapi.json

build: openapi .venv/sam/.made ## Build the functions and the layer
	$(SAM) build

deploy: build ## Deploy into your AWS account; asks what it needs to know
	$(SAM) deploy --guided

redrive: .venv/tools/.made ## Do again what lies in a dead-letter queue: QUEUE=jobs, invocations or changes (LOCAL=1: of the local stack)
	@$(SANDBOX) redrive '$(QUEUE)' $(if $(STACK),--stack '$(STACK)') $(if $(LOCAL),--local) $(if $(MOST),--most '$(MOST)') $(if $(DRY_RUN),--dry-run)

logs: .venv/sam/.made ## Follow the deployed functions' logs (in AWS; the local ones: make status)
	$(SAM) logs --tail

## Environments --------------------------------------------------------------------------------------------------------

# One environment each for our own tools, the SAM CLI and the local AWS: their pins exclude one another.
ENVIRONMENTS := .venv/tools/.made .venv/sam/.made .venv/cloud/.made

.PHONY: environments lock clean
environments: .venv/uv/.made
	@$(MAKE) --no-print-directory -s -j3 $(ENVIRONMENTS)

.venv/tools/.made: tests/requirements.txt layers/core/pyproject.toml
.venv/sam/.made: tests/sandbox/requirements-sam.txt
.venv/cloud/.made: tests/sandbox/requirements-cloud.txt

# uv asks pip where this machine's packages come from, so that one setting serves both, and trusts whom the system trusts.
export UV_SYSTEM_CERTS := 1
$(ENVIRONMENTS): .venv/%/.made: .venv/uv/.made layers/python.mk
	@echo "making .venv/$*"
	@$(UV) venv --quiet --clear --python "$(PYTHON)" .venv/$*
	@$(index); $(UV) pip install --quiet --python .venv/$* --require-hashes -r $(filter %.txt,$^)
	@if [ $* = tools ]; then $(index); $(UV) pip install --quiet --python .venv/tools --no-deps --no-build-isolation -e layers/core; fi
	@touch $@

index = index=$$("$(PYTHON)" -m pip config get global.index-url 2>/dev/null || true); \
  export UV_DEFAULT_INDEX="$${UV_DEFAULT_INDEX:-$${PIP_INDEX_URL:-$$index}}"; \
  [ -n "$$UV_DEFAULT_INDEX" ] || unset UV_DEFAULT_INDEX

.venv/uv/.made: tests/sandbox/requirements-uv.txt layers/python.mk
	@echo "making .venv/uv"
	@"$(PYTHON)" -m venv --clear .venv/uv
	@.venv/uv/bin/python -m pip install -qq --no-input --require-hashes -r $<
	@touch $@

LOCK = $(UV) pip compile --quiet --upgrade --universal --python-version $(PYTHON_VERSION) --generate-hashes \
  --no-emit-index-url --no-emit-find-links --custom-compile-command "make lock"
lock: .venv/uv/.made ## Pin the newest versions of everything, with the hashes of all their files
	@$(index); for name in layers/core/requirements tests/requirements tests/sandbox/requirements-{cloud,sam,uv}; do \
	  echo "locking $$name.txt"; $(LOCK) $$name.in -o $$name.txt || exit 1; done

clean: ## Remove what was built; the environments stay (remove .venv for those)
	rm -rf .aws-sam .build .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache .sandbox
	find $(SOURCES) -name __pycache__ -type d -prune -exec rm -rf {} +
