"""The apps in prompts/dify, held to what a real Dify takes and refuses."""

from pathlib import Path

import pytest
import yaml

from bot.commands.dify import files
from bot.think.dify.apps import INPUTS, as_yaml
from bot.think.dify.offers import read_offers
from bot.think.prompts import inputs_of
from tests.think.brains.briefings import briefing

FOLDER = Path(__file__).parents[3] / "prompts" / "dify"
FILES = sorted(FOLDER.glob("*.yml"))
MODES = {"chatflow": "advanced-chat", "agent": "agent-chat", "block": "advanced-chat", "triage": "workflow"}


def test_the_files_are_what_the_code_makes():
    made = files()
    assert {path.name for path in FILES} == set(made)
    for path in FILES:
        assert path.read_text(encoding="utf-8") == as_yaml(made[path.name]), "run `dutybot dify apps`"


def test_every_input_that_we_send_has_room():
    sent = inputs_of(briefing("x" * 50_000))
    assert set(sent) == set(INPUTS)
    assert all(len(value) <= INPUTS[name] for name, value in sent.items())


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_dify_can_import_it(path):
    text = path.read_text(encoding="utf-8")
    app = yaml.safe_load(text)
    kind = path.name.split(".")[0]
    assert isinstance(app["version"], str), "a bare number is refused"
    assert tuple(map(int, app["version"].split("."))) <= (0, 6, 0), "a newer one waits for a click"
    assert app["kind"] == "app"
    assert app["app"]["mode"] == MODES[kind]
    assert app["dependencies"] == []
    assert "&id" not in text
    assert ("model_config" in app) == (kind == "agent")
    assert ("workflow" in app) == (kind != "agent")


@pytest.mark.parametrize("path", [path for path in FILES if "agent" not in path.name], ids=lambda path: path.name)
def test_its_graph_hangs_together(path):
    graph = yaml.safe_load(path.read_text(encoding="utf-8"))["workflow"]["graph"]
    nodes = {node["id"]: node["data"] for node in graph["nodes"]}
    variables = {each["variable"] for each in nodes["start"]["variables"]}
    assert not any(each["required"] for each in nodes["start"]["variables"])
    for edge in graph["edges"]:
        assert {edge["source"], edge["target"]} <= set(nodes)
        assert edge["sourceHandle"] == "source"
    assert len(graph["edges"]) == len(nodes) - 1
    used = {part.split("#")[0] for part in path.read_text(encoding="utf-8").split("{{#")[1:]}
    for name in used:
        where, _, field = name.partition(".")
        assert where == "sys" or where in nodes
        assert where != "start" or field in variables


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_chatflow_binds_plans_to_its_conversation(language):
    app = yaml.safe_load((FOLDER / f"chatflow.{language}.yml").read_text(encoding="utf-8"))
    node = next(each["data"] for each in app["workflow"]["graph"]["nodes"] if each["id"] == "agent")
    assert (node["version"], node["tool_node_version"]) == ("1", "2"), "version 2 needs a roster"
    parameters = node["agent_parameters"]
    assert set(parameters) == {"model", "tools", "instruction", "query", "maximum_iterations"}
    assert all(each["type"] == "constant" for each in parameters.values())
    tools = {tool["tool_name"]: tool for tool in parameters["tools"]["value"]}
    assert len(tools) <= 10
    bound = tools["propose_plan"]["parameters"]["conversation_id"]
    assert bound == {"auto": 0, "value": {"type": "variable", "value": ["sys", "conversation_id"]}}
    assert {tool["provider_name"] for tool in tools.values()} == {"dutybot"}
    assert not any("restart" in name or "scale" in name for name in tools)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_light_agent_names_its_tools_whole(language):
    made = yaml.safe_load((FOLDER / f"agent.{language}.yml").read_text(encoding="utf-8"))["model_config"]
    for tool in made["agent_mode"]["tools"]:
        assert {"enabled", "provider_type", "provider_id", "provider_name", "tool_name", "tool_parameters"} <= set(tool)
    variables = {each["paragraph"]["variable"] for each in made["user_input_form"]}
    assert variables == set(INPUTS)
    used = {part.split("}}")[0] for part in made["pre_prompt"].split("{{")[1:]}
    assert used <= variables


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_files_are_taken_just_where_the_model_sees_them(path):
    app, kind = yaml.safe_load(path.read_text(encoding="utf-8")), path.name.split(".")[0]
    taken = app["model_config"]["file_upload"] if kind == "agent" else app["workflow"]["features"]["file_upload"]
    assert taken["enabled"] == (kind in {"agent", "block"})
    if taken["enabled"]:
        assert set(taken["allowed_file_types"]) == {"image", "document"}
        assert taken["allowed_file_upload_methods"] == taken["image"]["transfer_methods"] == ["local_file"]
        assert taken["image"]["enabled"]
        offers = read_offers({"file_upload": taken})
        assert (offers.kinds, offers.most_files) == (frozenset({"image", "document"}), 5)
    if kind == "block":
        node = next(each["data"] for each in app["workflow"]["graph"]["nodes"] if each["id"] == "llm")
        assert node["vision"] == {"enabled": True, "configs": {"variable_selector": ["sys", "files"], "detail": "high"}}
