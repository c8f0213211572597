# Two commands: `make demo` runs DutyBot over a pretend cluster, `make test` installs and passes everything.
PYTHON ?= $(shell for p in python3.11 python3.12 python3.13 python3; do command -v $$p >/dev/null 2>&1 && $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$p; break; }; done)
BIN := .venv/bin
PORT ?= 8421
LOCKED := $(BIN)/pip-compile --quiet --generate-hashes --allow-unsafe --strip-extras --no-emit-options --no-header

.PHONY: advisories browser demo setup test quick newcomer lint servers lock train docs pictures site clean

demo: setup ## Open the chat over the pretend cluster.
	$(BIN)/dutybot demo --port $(PORT)

setup: .venv/.installed ## Make .venv with the `dutybot` command and the development tools.

.venv/.installed: requirements.lock pyproject.toml
	@test -n "$(PYTHON)" || { echo "DutyBot needs Python 3.11 or newer; install it and run this again."; exit 1; }
	@echo "Installing into .venv (two to five minutes the first time)…"
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

lint: setup ## Style, types and floors.
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	$(BIN)/mypy

quick: setup ## The tests that need no servers and no browser, without long trials.
	DUTYBOT_TESTS=quick $(BIN)/python -m pytest -q -n auto --dist loadfile

browser: ## Chromium for the tests of the page, where it is missing and can be installed.
	@command -v chromium >/dev/null 2>&1 || { [ "$$(id -u)" = 0 ] && apt-get install -y -qq chromium >/dev/null 2>&1; } || echo "no Chromium: the tests of the page are skipped"

advisories: setup ## What is known against the packages that we stand on; says so when nobody could be asked.
	$(BIN)/python -m tests.advisories

test: setup lint advisories servers browser ## Everything.
	$(BIN)/python -m pytest -q

newcomer: ## Clone into a clean folder with a fresh home, do all that README says, and print how long each took (WITHOUT="make test").
	@test -n "$(PYTHON)" || { echo "DutyBot needs Python 3.11 or newer; install it and run this again."; exit 1; }
	$(PYTHON) -m tests.docs.newcomer $(if $(WITHOUT),--without "$(WITHOUT)")

lock: ## Compile requirements*.lock anew from pyproject.toml.
	$(LOCKED) --extra dev --output-file requirements.lock pyproject.toml
	cp requirements.lock requirements-image.lock
	$(LOCKED) --extra all --output-file requirements-image.lock pyproject.toml
	@sed -i -e '/^# WARNING: pip install will/,/^    # via dutybot (pyproject.toml)/{/^dutybot @/d;/^# /d}' -e '/^dutybot @ /,/^    # via/d' requirements.lock requirements-image.lock
	printf 'hatchling\ncyclonedx-bom\n-c $(CURDIR)/requirements.lock\n' | $(LOCKED) --no-annotate --output-file requirements-build.lock -

migration: setup ## Write the next step of the database: make migration WHAT="what changed".
	$(BIN)/python -m bot.database.migrations "$(WHAT)"

docs: setup ## Write anew what follows from the code: the chart's rights and docs/reference.
	$(BIN)/python -m docs.generate

pictures: setup browser ## Take the pictures of the pages anew, by playing the demo in Chromium.
	$(BIN)/python -m docs.screenshots

site: setup ## Build the pages as a site in var/site.
	$(BIN)/zensical build --strict

train: setup ## Rebuild the forecast's weights: make train DATA=/path/to/series (needs the extra `train`).
	@test -n "$(DATA)" || { echo "Give the folder of series: make train DATA=/path/to/series"; exit 1; }
	mkdir -p var
	$(BIN)/python -m skills.capacity.training.train --data "$(DATA)" --out var/weights.npz --hold-out 0.25

clean:
	rm -rf .venv .cache dist build

servers: setup ## Build the servers that tests run against, once, into a cache (tests/servers/README.md).
	@$(BIN)/python -m tests.servers $(NAMES)
