"""What all tests share: the fixtures of the real servers (tests/servers/README.md) and of the browser."""

pytest_plugins = ["tests.servers.fixtures", "tests.browser"]
