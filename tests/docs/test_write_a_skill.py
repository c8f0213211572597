"""The skill that the page teaches: made from the page itself, and asked over a real socket."""

import importlib
import json
import re
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

import skills
from bot.hall.guard import own_secrets
from skills import Catalogue, Clock
from skills.errors import NotFound

PAGE = Path(__file__).parents[2] / "docs" / "write-a-skill.md"
FILE = re.compile(r"^## [^\n]*`skills/(queues/\w+\.py)`\n+```python\n(.*?)^```", re.MULTILINE | re.DOTALL)


class Queue(BaseHTTPRequestHandler):
    """A queue's API, as small as can be."""

    def do_GET(self):
        body = json.dumps({"queues": [{"name": "mail", "waiting": 7, "oldest": "09:00"}]}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        """Say nothing."""


@pytest.fixture
def queue_url():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Queue)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


@pytest.fixture
def taught(tmp_path, monkeypatch):
    files = FILE.findall(PAGE.read_text())
    assert {name for name, _ in files} == {"queues/settings.py", "queues/actions.py", "queues/__init__.py"}
    for name, body in files:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(body)
    monkeypatch.setattr(skills, "__path__", [*skills.__path__, str(tmp_path)])
    yield importlib.import_module("skills.queues")
    for name in [each for each in sys.modules if each.startswith("skills.queues")]:
        del sys.modules[name]


async def test_it_can_be_asked(taught, queue_url):
    catalogue = Catalogue([taught.skill(Clock(), url=queue_url)])
    action = catalogue.find("waiting_jobs")
    assert action.schema()["properties"]["queue"]["description"]
    seen = await action({"queue": "mail"})
    assert seen.facts == {"waiting": 7}
    assert "7 jobs wait in mail" in seen.summary
    with pytest.raises(NotFound, match="mail"):
        await action({"queue": "post"})
    await catalogue.close()


def test_its_token_is_known_to_the_mask(taught, monkeypatch):
    assert taught.skill
    monkeypatch.setenv("QUEUES_TOKEN", "the-token-of-the-queues")
    assert "the-token-of-the-queues" in own_secrets()
