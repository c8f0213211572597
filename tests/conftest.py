"""What all tests share: the fixtures of the real servers (tests/servers/README.md)."""

pytest_plugins = ["tests.servers.fixtures"]
