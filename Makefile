# legtriage: everything a developer or a CI job calls. Needs CPython 3.11 or newer, make and git.

.DEFAULT_GOAL := help
.PHONY: help setup run test debian peers assets check lint format types knowledge docs mutation bench lock clean
MAKEFLAGS += --no-print-directory

VENV  := .venv
BIN   := $(VENV)/bin
READY := $(VENV)/.ready
PEERS := tests/peers/node_modules/.package-lock.json

help:  ## list the targets
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 12

setup: $(READY)  ## create .venv with the locked packages and this project

$(READY): requirements-dev.lock requirements.lock pyproject.toml
	@set -eu; \
	say() { printf '%s\n' "$$*" >&2; }; \
	python="$(PYTHON)"; \
	for candidate in $${python:-python3 python3.13 python3.12 python3.11}; do \
	    if "$$candidate" -c 'import sys; sys.exit(sys.implementation.name != "cpython" or sys.version_info < (3, 11))' \
	        >/dev/null 2>&1; then python=$$candidate; break; else python=; fi; \
	done; \
	[ -n "$$python" ] || { say "make: no CPython 3.11 or newer found (tried $(or $(PYTHON),python3, python3.13, python3.12, python3.11))."; exit 1; }; \
	if ! "$$python" -c 'import ensurepip, venv' >/dev/null 2>&1; then \
	    package=$$("$$python" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])'); \
	    if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	        say "Installing $$package"; apt-get -qq update; apt-get -qq install -y "$$package" >/dev/null; \
	    else say "make: $$python has no venv module. Install it first, on Debian: apt-get install $$package"; exit 1; fi; \
	fi; \
	if ! $(BIN)/python -m pip --version >/dev/null 2>&1; then \
	    say "Creating $(VENV) with $$("$$python" --version)"; "$$python" -m venv --clear $(VENV); \
	fi; \
	say "Installing the locked packages"; \
	$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements-dev.lock; \
	$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

peers: setup $(PEERS)  ## the programs of others that the tests talk to: Medplum, and Node if there is none

# npm writes the stamp itself, as the last thing it does. Old Node lacks what Medplum needs.
$(PEERS): tests/peers/package-lock.json tests/peers/node.lock
	@set -eu; PATH="$(CURDIR)/$(BIN):$$PATH"; \
	if ! npm --version >/dev/null 2>&1 || ! node -e 'process.exit(parseInt(process.versions.node) < 20)' 2>/dev/null; then \
	    printf '%s\n' "Installing Node" >&2; \
	    $(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r tests/peers/node.lock; \
	fi; \
	printf '%s\n' "Installing the test peers" >&2; \
	npm ci --prefix tests/peers --silent
	@touch $@

assets:  ## build the dashboard's style sheet and copy htmx, from the packages that its lock pins
	@set -eu; cd service/dashboard/styles; npm ci --silent; \
	npx sass --no-source-map --style=compressed --load-path=node_modules --quiet-deps --silence-deprecation=import,global-builtin,color-functions,if-function \
	    dashboard.scss ../static/dashboard.css; \
	cp node_modules/htmx.org/dist/htmx.min.js ../static/; \
	sha256sum *.scss package-lock.json > ../static/assets.sha256

run: setup  ## serve on http://127.0.0.1:8000
	@$(BIN)/legtriage serve --host 127.0.0.1 --port 8000

test: check debian peers  ## everything that must pass: check, then the tests with coverage
	@$(BIN)/python -m pytest -q -n auto --cov

# What the tests start or load themselves and pip cannot bring: a database server, a browser, the libraries and a font
# behind PDF. `make run` needs none of it: without the last two a leaflet is HTML only.
debian:
	@set -eu; missing=""; \
	command -v initdb >/dev/null || ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || missing="postgresql"; \
	command -v chromium >/dev/null || missing="$$missing chromium"; \
	for library in libpangoft2-1.0.so.0 libharfbuzz-subset.so.0; do \
	    ldconfig -p 2>/dev/null | grep -q $$library || ls /usr/lib/*/$$library >/dev/null 2>&1 \
	        || missing="$$missing libpangoft2-1.0-0 libharfbuzz-subset0"; \
	done; \
	[ -n "$$(find /usr/share/fonts -name 'DejaVuSans.ttf' 2>/dev/null)" ] || missing="$$missing fonts-dejavu-core"; \
	[ -n "$$missing" ] || exit 0; \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	    echo "Installing $$missing" >&2; apt-get -qq update; \
	    DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends $$missing >/dev/null; \
	else echo "make: the tests need, on Debian: apt-get install $$missing" >&2; fi

check: lint types knowledge  ## all that needs no test run

lint: setup  ## style and formatting
	@$(BIN)/ruff check --quiet
	@$(BIN)/ruff format --check --quiet || { $(BIN)/ruff format --check; exit 1; }

format: setup  ## put the formatting right and fix what can be fixed
	@$(BIN)/ruff format
	@$(BIN)/ruff check --fix

types: setup  ## mypy, strict
	@$(BIN)/mypy --no-error-summary

knowledge: setup  ## the knowledge files: syntax, vocabulary, example cases
	@$(BIN)/legtriage knowledge check

docs: setup  ## write the clinical handbook, then check links and promises of the documents
	@$(BIN)/python -m service.handbook docs/handbook build/handbook
	@$(BIN)/python -m pytest -q tests/test_documents.py tests/test_readme.py tests/test_openapi.py

mutation: setup  ## change the knowledge bit by bit; a case must notice (ONLY="pathway-id ...")
	@$(BIN)/python -m tests.mutation $(ONLY)

bench: setup  ## time the hot paths
	@$(BIN)/python -m tests.bench

# The two locks hold exact versions and hashes, and nothing about where a package came from.
COMPILE = CUSTOM_COMPILE_COMMAND="make lock" .venv-lock/bin/pip-compile -q --upgrade --generate-hashes \
    --allow-unsafe --all-build-deps --strip-extras --no-emit-index-url --no-emit-find-links --no-emit-trusted-host

lock: setup  ## write both locks anew, with the newest versions pyproject.toml allows
	@$(BIN)/python -m venv --clear .venv-lock
	@.venv-lock/bin/python -m pip install -q --disable-pip-version-check "pip-tools>=7.6,<8"
	@$(COMPILE) -o requirements.lock pyproject.toml
	@$(COMPILE) --extra dev -c requirements.lock -o requirements-dev.lock pyproject.toml
	@rm -rf .venv-lock

clean:  ## remove what can be made again; var/ holds data and stays
	@rm -rf $(VENV) .venv-lock tests/peers/node_modules .pytest_cache .mypy_cache .ruff_cache .hypothesis .coverage .coverage.* htmlcov build dist *.egg-info
	@find . -name __pycache__ -type d -not -path './.git/*' -prune -exec rm -rf {} +
