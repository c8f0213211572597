"""The image's steps as far as they go without Docker: the wheel holds all that runs, the locks agree."""

import re
import subprocess
import tomllib
from pathlib import Path

import httpx
import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from bot.talk.cards.picture import FONTS as CARD_FONTS
from bot.think.diagnosis.chart import FONTS
from tests.helm.dockerfile import stages
from tests.servers import programs
from tests.servers.fixtures import needs
from tests.servers.process import LOCAL, Process, answers, free_port

ROOT = Path(__file__).parents[2]
DOCKERFILE = (ROOT / "Dockerfile").read_text()
PINNED = re.compile(r"^([a-z0-9][a-z0-9._-]*)==(\S+)", re.MULTILINE)


def test_the_image_has_no_other_versions_than_those_that_are_tested():
    image = dict(PINNED.findall((ROOT / "requirements-image.lock").read_text()))
    tested = dict(PINNED.findall((ROOT / "requirements.lock").read_text()))
    assert len(image) > 50
    assert image.items() <= tested.items()
    assert not {"pytest", "ruff", "mypy", "playwright", "torch"} & set(image)
    assert "--require-hashes" in DOCKERFILE


def test_the_image_has_all_that_the_extra_all_asks_for():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = Requirement(project["optional-dependencies"]["all"][0]).extras
    asked = [*project["dependencies"], *(each for name in extras for each in project["optional-dependencies"][name])]
    image = dict(PINNED.findall((ROOT / "requirements-image.lock").read_text()))
    assert len(asked) > 30
    for each in map(Requirement, asked):
        assert each.specifier.contains(image[canonicalize_name(each.name)]), f"{each}: run `make lock`"


def test_what_is_copied_is_there_and_let_through():
    ignored = (ROOT / ".dockerignore").read_text().splitlines()
    copied = [
        each for line in re.findall(r"^COPY (?!--from)(.+)$", DOCKERFILE, re.MULTILINE) for each in line.split()[:-1]
    ]
    assert {"bot", "skills", "knowledge", "prompts", "pyproject.toml", "requirements-image.lock"} <= set(copied)
    for each in copied:
        assert (ROOT / each).exists(), each
        assert f"!{each}" in ignored


def test_it_brings_a_font_in_which_charts_can_be_written_in_chinese():
    ran = " ".join(rest for word, rest in stages(DOCKERFILE)[-1] if word == "RUN")
    installed = re.findall(r"apt-get install [^&]*?(fonts-\S+)", ran)
    named = {"fonts-wqy-microhei": "WenQuanYi Micro Hei"}
    assert [named[each] for each in installed]
    assert {named[each] for each in installed} <= set(FONTS) & set(CARD_FONTS)


def test_it_runs_as_nobody_in_particular():
    assert re.search(r"^USER 10001:10001$", DOCKERFILE, re.MULTILINE)
    composed = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
    for values in (composed["dutybot"], composed["shop"]):
        assert values["read_only"]
        assert values["cap_drop"] == ["ALL"]


@pytest.mark.servers
def test_the_real_alertmanager_takes_our_route(tmp_path):
    needs("alertmanager")
    port = free_port()
    flags = (f"--web.listen-address={LOCAL}:{port}", "--cluster.listen-address=", f"--storage.path={tmp_path / 'kept'}")
    told = f"--config.file={ROOT / 'helm' / 'alertmanager.yaml'}"
    running = Process("alertmanager", [programs.find("alertmanager"), told, *flags], tmp_path)
    try:
        running.wait(answers(f"http://{LOCAL}:{port}/-/ready"))
        config = httpx.get(f"http://{LOCAL}:{port}/api/v2/status", trust_env=False).json()["config"]["original"]
        assert "max_alerts: 2000" in config
        assert "receiver: second-way" in config
    finally:
        running.stop()


@pytest.mark.servers
def test_the_real_prometheus_takes_what_compose_gives_it(tmp_path):
    needs("promtool")
    config = (ROOT / "helm" / "trying" / "prometheus.yaml").read_text()
    here = {"/etc/prometheus/rules": ROOT / "helm" / "rules", "/etc/prometheus/trying": ROOT / "helm" / "trying"}
    for there, folder in here.items():
        config = config.replace(there, str(folder))
    (tmp_path / "prometheus.yaml").write_text(config)
    command = [programs.find("promtool"), "check", "config", tmp_path / "prometheus.yaml"]
    checked = subprocess.run(command, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stderr


@pytest.mark.servers
def test_the_real_loki_takes_what_compose_gives_it():
    needs("loki")
    command = [programs.find("loki"), f"-config.file={ROOT / 'helm' / 'trying' / 'loki.yaml'}", "-verify-config"]
    checked = subprocess.run(command, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stderr[-2000:]


def test_compose_names_files_that_there_are():
    composed = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    for service in composed["services"].values():
        for volume in service.get("volumes", []):
            where = volume.split(":")[0]
            assert (ROOT / where).exists() if where.startswith(".") else where in composed["volumes"], where
