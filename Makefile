# `make run` serves with a Postgres of its own and a demo tenant; `make test` passes the suite. Both set up what they need.
# Settings go along: make run PORT=8001 HOST=127.0.0.1 DATA_DIR=/somewhere

PYTHON ?= python3
PYTEST ?=
BIN := .venv/bin
READY := .venv/installed
unexport PYTHONDONTWRITEBYTECODE # each start would compile all of the server anew

.PHONY: run test check full readiness drills bench lock schema settings isolation docs

run: $(READY)
	@exec $(BIN)/python -m server dev

test: $(READY)
	@command -v chromium >/dev/null || command -v google-chrome >/dev/null || \
	  echo 'No Chromium here, so the tests of the pages are skipped. To run them: apt-get install chromium'
	@command -v curl >/dev/null || echo "No curl here, so the test of the README's walk is skipped. To run it: apt-get install curl"
	$(BIN)/python -m pytest -q -n 2 $(PYTEST)

check: $(READY)
	@scripts/check

full: check # everything that CI proves, what takes minutes, all drills in three rounds, and those of deploys at their full size
	.ci/run
	.ci/delivery
	$(BIN)/python -m pytest -q -n 2 -m 'long and not drill'
	DRILL_ROUNDS=3 SOAK_SECONDS=600 SMOKE_SECONDS=30 $(BIN)/python -m pytest -q -n 0 -m drill tests/drills
	deploy/scripts/image -k test_promotion
	deploy/scripts/drill-n-1
	deploy/scripts/drill-pgbouncer
	deploy/scripts/drill-pitr
	deploy/scripts/drill-migrate
	DIFFERENTIAL_DOCUMENTS=2000 $(BIN)/python -m pytest -q tests/gql/engine/test_differential.py

readiness: $(READY) # each line of docs/readiness.md holds, and fails when what it is about is broken; two hours
	.ci/machine
	scripts/readiness
	scripts/readiness --break

drills: $(READY) # the short forms, up to three minutes each, and a table of figures and their bounds; one: make drills DRILLS=tests/drills/test_locks.py
	$(BIN)/python -m pytest -q -n 0 -m '$(if $(DRILLS),drill,drill and not long)' $(or $(DRILLS),tests/drills)

bench: $(READY) # all of it takes most of an hour; a part: make bench BENCH="--part main --only ours,limit,mercurius --rounds 3"
	$(BIN)/python -m bench $(or $(BENCH),--part all --write)

lock: $(READY)
	scripts/lock

schema: $(READY)
	$(BIN)/python -m server schema > schema.graphql.new && mv schema.graphql.new schema.graphql

settings: $(READY)
	$(BIN)/python -m server settings > docs/settings.md.new && mv docs/settings.md.new docs/settings.md

isolation: $(READY) # docs/isolation.md, from a running server
	UPDATE=1 $(BIN)/python -m pytest -q -n 0 tests/house/test_matrix.py tests/house/test_matrix_rest.py

docs: $(READY) # the documentation as a site, in build/site; a link that leads nowhere fails, and so does a page that no menu has
	$$(scripts/tools docs)/mkdocs build

# The lock is the whole truth: hashes for every file, and no address. What was fetched once is kept, so that the next clone needs
# no network.
WHEELS := $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/address-book
PIP := $(BIN)/python -m pip --quiet --disable-pip-version-check --no-input
LOCKED := --require-hashes --find-links $(WHEELS) -r requirements-dev.txt

$(READY): requirements-dev.txt
	@$(PYTHON) -c 'import ensurepip, sys, venv; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null || { \
	  echo 'This needs Python 3.11, 3.12 or 3.13 with venv (Debian: apt-get install python3-venv), or PYTHON=/path/to/one.' >&2; exit 1; }
	@echo 'Setting up .venv (once, a minute or so) …'
	@mkdir -p $(WHEELS)
	@$(PYTHON) -m venv .venv
	@$(PIP) install --no-index $(LOCKED) 2>/dev/null || \
	  { $(PIP) download --dest $(WHEELS) $(LOCKED) && $(PIP) install $(LOCKED); }
	@touch $@
