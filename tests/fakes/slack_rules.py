"""What Slack accepts as a message: schemas made from its own types, its SDK's models, and rules that neither knows."""

import json
import warnings
from pathlib import Path

import jsonschema_rs
from slack_sdk.errors import SlackClientError
from slack_sdk.models.blocks import Block

FIXTURES = Path(__file__).parents[1] / "fixtures" / "slack"
BLOCKS = jsonschema_rs.Draft7Validator(json.loads((FIXTURES / "blocks.schema.json").read_text()))
VIEW = jsonschema_rs.Draft7Validator(json.loads((FIXTURES / "view.schema.json").read_text()))
CHUNK = jsonschema_rs.Draft7Validator(json.loads((FIXTURES / "chunk.schema.json").read_text()))
TASK = jsonschema_rs.Draft7Validator(json.loads((FIXTURES / "task.schema.json").read_text()))


def wrong(blocks, text="told"):
    """All that Slack would not accept, in words; empty when it would."""
    found = _schema(blocks) + _models(blocks)
    for place, block in enumerate(blocks):
        found += [f"/blocks/{place}: {each}" for each in _limits(block)]
    kinds = [block.get("type") for block in blocks]
    if len(blocks) > 50:
        found.append(f"{len(blocks)} blocks")
    if kinds.count("table") + kinds.count("data_table") > 1:
        found.append("more than one table")
    if sum(units(block.get("text", "")) for block in blocks if block.get("type") == "markdown") > 12_000:
        found.append("markdown blocks above 12,000")
    if sum(units(each["text"]) for each in walk(blocks) if isinstance(each.get("text"), str)) > 13_000:
        found.append("msg_blocks_too_long")
    if not text or len(text) > 4_000:
        found.append("text is empty or above 4,000")
    return found


def wrong_view(view):
    """All that Slack would not accept as a form or a Home tab."""
    found = [f"schema {each.message[:200]}" for each in VIEW.iter_errors(view)]
    for name in ("title", "submit", "close"):
        if name in view and not 0 < units(view[name]["text"]) <= 24:
            found.append(f"{name} above 24 letters")
    if len(view["blocks"]) > 100 or len(view.get("private_metadata", "")) > 3_000:
        found.append("blocks above 100 or private_metadata above 3,000")
    for block in view["blocks"]:
        if block["type"] == "input":
            element = block["element"]
            if len(element.get("initial_value", "")) > element.get("max_length", 0) or not block["label"]["text"]:
                found.append("input")
        else:
            found += _limits(block)
    names = [block["block_id"] for block in view["blocks"] if "block_id" in block]
    return found + (["block_id twice"] if len(set(names)) < len(names) else [])


def wrong_chunks(chunks):
    """All that Slack would not accept as a part of a stream."""
    found = [f"schema {each.message[:200]}" for chunk in chunks for each in CHUNK.iter_errors(chunk)]
    for chunk in chunks:
        if chunk["type"] == "markdown_text" and not 0 < units(chunk["text"]) <= 12_000:
            found.append("markdown_text above 12,000")
    return found


def units(text):
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def walk(thing):
    if isinstance(thing, dict):
        yield thing
        for each in thing.values():
            yield from walk(each)
    elif isinstance(thing, list):
        for each in thing:
            yield from walk(each)


def _schema(blocks):
    told = {"blocks": blocks}
    if BLOCKS.is_valid(told):
        return []
    return [
        f"schema /{'/'.join(map(str, each.instance_path))}: {each.message[:200]}" for each in BLOCKS.iter_errors(told)
    ]


def _models(blocks):
    found = []
    for place, block in enumerate(blocks):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                parsed = Block.parse(block)
                if parsed is None or parsed.to_dict() != block:
                    found.append(f"/blocks/{place}: the SDK's model of {block['type']} is not the same {block}")
            except SlackClientError as error:
                found.append(f"/blocks/{place}: {error}")
    return found


def _limits(block):
    match block["type"]:
        case "plan":
            if len(block["tasks"]) > 50:
                yield "more than 50 tasks"
            for task in block["tasks"]:
                yield from (error.message[:160] for error in TASK.iter_errors(task))
        case "table":
            if len(block["rows"]) > 100 or any(len(row) > 20 for row in block["rows"]):
                yield "table above 100 x 20"
            if sum(units(cell["text"]) for row in block["rows"] for cell in row) > 10_000:
                yield "table above 10,000 letters"
            if len({len(row) for row in block["rows"]}) > 1 or any(not cell["text"] for cell in walk(block["rows"])):
                yield "table with ragged rows or empty cells"
        case "section":
            if not block.get("text") and not block.get("fields"):
                yield "section of nothing"
            if block.get("text") and not 0 < units(block["text"]["text"]) <= 3_000:
                yield "section text must be less than 3001 characters"
            fields = block.get("fields", [])
            if len(fields) > 10 or any(not 0 < units(each["text"]) <= 2_000 for each in fields):
                yield "fields"
        case "header" if not 0 < units(block["text"]["text"]) <= 150:
            yield "header text must be less than 151 characters"
        case "context" if not 0 < len(block["elements"]) <= 10:
            yield "context elements"
        case "context" if any(units(each["text"]) > 2_000 or not each["text"] for each in block["elements"]):
            yield "context text"
        case "markdown" if not block["text"].strip():
            yield "markdown of nothing"
        case "actions":
            names = [each["action_id"] for each in block["elements"]]
            if not 0 < len(names) <= 25 or len(set(names)) < len(names):
                yield "actions"
            for each in block["elements"]:
                if len(each["value"]) > 2_000 or not 0 < units(each["text"]["text"]) <= 75:
                    yield "button"
        case "context_actions":
            if not 0 < len(block["elements"]) <= 5:
                yield "context_actions"
            for each in block["elements"]:
                for side in ("positive_button", "negative_button"):
                    if len(each[side]["value"]) > 2_000 or not 0 < units(each[side]["text"]["text"]) <= 75:
                        yield side
        case "container":
            if not 0 < len(block["child_blocks"]) <= 10:
                yield "container children"
            for child in block["child_blocks"]:
                yield from _limits(child)
    yield from ("rich text of nothing" for each in walk(block) if each.get("type") == "text" and not each["text"])
