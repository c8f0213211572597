# DutyBot's everyday commands.
PYTHON ?= $(if $(wildcard .venv/bin/python),.venv/bin/python,python3)

.PHONY: servers
servers: ## build the servers the tests run against, once, into a cache (tests/servers/README.md)
	@$(PYTHON) -m tests.servers.programs $(NAMES)
