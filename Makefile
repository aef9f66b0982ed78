# MySMS Messenger. `make help` lists the targets.

SHELL := /bin/bash
.DEFAULT_GOAL := help
export NG_CLI_ANALYTICS := false

VENV := backend/.venv
BIN := $(CURDIR)/$(VENV)/bin
BACKEND_READY := $(VENV)/.installed
FRONTEND_READY := frontend/node_modules/.installed
SPA := frontend/dist/frontend/browser/index.html
SPA_SOURCES := $(shell find frontend/src frontend/public -type f 2>/dev/null) \
	$(wildcard frontend/*.json frontend/scripts/*)
SCHEMA := frontend/src/app/api/schema.d.ts
SBOM_DIR := sbom

.PHONY: help install run dev mysms test test-backend test-frontend test-e2e test-faults test-mutation test-nginx test-rolling-restart \
	fuzz bench bench-short lighthouse long-thread pictures lint format api-types lock sbom clean

help: ## List the targets
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 24

install: $(BACKEND_READY) $(SPA) ## Install missing dependencies and build the SPA

run: install ## Run everything on this machine (PORT, MONGODB_PORT, TWILIO_SIMULATOR_PORT, MAIL_PORT, SMTP_PORT, DATA_DIR)
	@exec $(BIN)/mysms demo

dev: $(BACKEND_READY) $(FRONTEND_READY) ## Like run, for developers: the API with reload, and ng serve on port 4200
	@exec $(BIN)/mysms demo --dev

mysms: $(BACKEND_READY) ## Run a command beside make run: make mysms ARGS="reset-password ada@example.com"
	@$(BIN)/mysms $(if $(filter-out -h --help,$(ARGS)),demo $(ARGS),--help)

AT_ONCE := $(MAKE) --no-print-directory --output-sync=target --jobs

# pytest waits most of its time, so that Vitest costs none beside it; the browser needs the machine for itself.
test: install ## Run all tests
	@$(AT_ONCE)=3 test-backend-first-half test-backend-second-half test-frontend
	@$(MAKE) --no-print-directory test-e2e

test-backend: $(BACKEND_READY) $(SPA) ## pytest against the development servers, or TEST_MONGODB_URI, in two halves at a time
	@$(AT_ONCE)=2 test-backend-first-half test-backend-second-half

# They take about the same time.
FIRST_HALF := tests/cli tests/faults tests/fuzz

.PHONY: test-backend-first-half test-backend-second-half
test-backend-first-half:
	cd backend && TEST_PORTS=20000-26384 $(BIN)/pytest $(FIRST_HALF)

test-backend-second-half:
	cd backend && TEST_PORTS=26384-32768 $(BIN)/pytest $(addprefix --ignore=,$(FIRST_HALF))

test-frontend: $(FRONTEND_READY) ## Vitest
	cd frontend && npm test

test-e2e: install ## Playwright, in a real browser
	cd frontend && CHROMIUM_PATH="$$(node scripts/find-browser.mjs)" && export CHROMIUM_PATH && npm run e2e

test-faults: $(BACKEND_READY) ## Long form of the fault tests, with every order of Twilio's list (over an hour)
	cd backend && FAULTS=long $(BIN)/pytest tests/faults --timeout 3600

fuzz: $(BACKEND_READY) ## Long form of the fuzz tests: requests generated from the OpenAPI document
	cd backend && FUZZ=long $(BIN)/pytest tests/fuzz -s

test-rolling-restart: $(BACKEND_READY) ## Restart two API processes in turn, under load behind nginx: no request fails (needs nginx)
	cd backend && TEST_PORTS=20000-26384 $(BIN)/pytest tests/rolling_restart.py

test-nginx: $(BACKEND_READY) ## Test the SPA's nginx configuration in front of a real API: pages, caching, headers, URLs (needs nginx)
	cd backend && TEST_PORTS=26384-32768 $(BIN)/pytest tests/deploy/site_behind_nginx.py

bench: $(BACKEND_READY) ## Compare the API's speed with servers that do one thing by hand (needs wrk; backend/docs/performance.md; ARGS="--lines 1,5")
	cd backend && $(BIN)/python -m tests.bench $(ARGS)

bench-short: $(BACKEND_READY) ## Short form of bench: fails if a ratio has fallen by more than 30 %
	cd backend && $(BIN)/python -m tests.bench --short

lighthouse: install ## Lighthouse scores of the sign-in page and the messages page, medians of five runs
	@cd frontend && CHROMIUM_PATH="$$(node scripts/find-browser.mjs)" && export CHROMIUM_PATH && lighthouse/run.sh

long-thread: install ## Benchmark 450 loaded messages of a 5,000-message thread: against 50, and the time to the next paint
	@cd frontend && CHROMIUM_PATH="$$(node scripts/find-browser.mjs)" && export CHROMIUM_PATH && npm run --silent bench

pictures: install ## Take the README's pictures of the product with demo data
	cd frontend && CHROMIUM_PATH="$$(node scripts/find-browser.mjs)" && export CHROMIUM_PATH && \
		npx playwright test e2e/screenshots.spec.ts && \
		cp test-results/screenshots/thread-desktop-light.png docs/messages-light.png && \
		cp test-results/screenshots/thread-phone-dark.png docs/messages-phone-dark.png

test-mutation: $(BACKEND_READY) ## Remove one delivery mechanism at a time and check that a test fails
	cd backend && $(BIN)/python -m tests.mutation.run

lint: $(BACKEND_READY) $(FRONTEND_READY) ## Check style, types, imports, and that generated files are up to date
	cd backend && $(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/mypy && $(BIN)/lint-imports
	cd frontend && npm run lint
	@$(MAKE) --no-print-directory SCHEMA="$$(mktemp --suffix=.d.ts)" check-api-types

.PHONY: check-api-types
check-api-types: api-types
	@diff -u frontend/src/app/api/schema.d.ts $(SCHEMA) || \
		{ echo 'The API has changed, but the types generated from it have not: run `make api-types`.'; exit 1; }

format: $(BACKEND_READY) $(FRONTEND_READY) ## Format all code
	cd backend && $(BIN)/ruff check --fix . && $(BIN)/ruff format .
	cd frontend && npm run format

api-types: $(BACKEND_READY) $(FRONTEND_READY) ## Generate the SPA's types from the OpenAPI document
	@document=$$(mktemp --suffix=.json) && $(BIN)/mysms openapi > "$$document" && \
		cd frontend && npx openapi-typescript "$$document" --output "$(abspath $(SCHEMA))" > /dev/null && rm "$$document"

lock: $(BACKEND_READY) ## Update the lock files, with hashes
	cd backend && $(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes \
		pyproject.toml --output-file requirements.lock
	cd backend && $(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes \
		pyproject.toml --group dev --output-file requirements-dev.lock
	cd frontend && npm update

# All packages of the SPA, because npm's --omit=dev also leaves out those that a development tool needs too. Those that
# are for development only have the property cdx:npm:package:development.
sbom: $(BACKEND_READY) ## Write the software bills of materials (CycloneDX) of API and SPA into sbom/
	@mkdir -p $(SBOM_DIR)
	@PYTHONWARNINGS=ignore $(BIN)/cyclonedx-py requirements backend/requirements.lock --pyproject backend/pyproject.toml \
		--output-file $(SBOM_DIR)/api.cdx.json
	@npm --prefix frontend sbom --sbom-format cyclonedx --sbom-type application --package-lock-only > $(SBOM_DIR)/spa.cdx.json
	@echo "The bills of materials (CycloneDX) are in $(SBOM_DIR)/api.cdx.json and $(SBOM_DIR)/spa.cdx.json."

clean: ## Remove installed and built files; keeps your data in backend/.data
	rm -rf $(VENV) frontend/node_modules frontend/dist frontend/.angular sbom

$(BACKEND_READY): backend/requirements-dev.lock backend/pyproject.toml
	@python=$$(backend/find-python) && echo "Installing the backend with $$python ..." && "$$python" -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r backend/requirements-dev.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable backend
	@touch $@

$(FRONTEND_READY): frontend/package-lock.json
	@command -v npm > /dev/null || { echo 'MySMS needs Node.js 20.19 or newer, with npm.'; exit 1; }
	@echo 'Installing the frontend ...' && cd frontend && npm ci --no-audit --no-fund --loglevel=error
	@touch $@

$(SPA): $(FRONTEND_READY) $(SPA_SOURCES)
	@echo 'Building the SPA ...' && cd frontend && npm run build --silent
	@touch $@
