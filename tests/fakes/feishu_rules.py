"""What Feishu accepts as a card 2.0, as strictly as its documents say: no unknown attribute, 30 KB."""

import json

TEXT = {"tag", "content"}
KNOWN = {
    "markdown": {"content", "text_size", "element_id"},
    "hr": set(),
    "img": {"img_key", "alt"},
    "table": {"page_size", "row_height", "columns", "rows"},
    "column_set": {"flex_mode", "columns"},
    "column": {"width", "elements"},
    "button": {"text", "type", "behaviors", "confirm", "name", "form_action_type"},
    "input": {"name", "placeholder", "max_length", "width", "label", "default_value", "input_type", "rows"},
    "select_static": {"name", "placeholder", "options", "initial_option", "width"},
    "form": {"name", "elements"},
    "collapsible_panel": {"expanded", "header", "elements"},
}
CALLS = ("<at", "<a ", "<img", "![")


def wrong(content):
    """All that Feishu would not accept, in words; empty when it would."""
    found = []
    if len(content.encode()) > 30_000:
        found.append(f"{len(content.encode())} bytes")
    card = json.loads(content)
    if set(card) != {"schema", "config", "header", "body"} or card["schema"] != "2.0":
        found.append(f"card {sorted(card)}")
    if (
        set(card["config"]) - {"update_multi", "enable_forward", "summary", "streaming_mode"}
        or card["config"]["update_multi"] is not True
    ):
        found.append("config")
    if set(card["header"]) - {"title", "template"} or not card["header"]["title"]["content"]:
        found.append("header")
    elements = list(walk(card["body"]["elements"]))
    if not elements or len(elements) > 200:
        found.append(f"{len(elements)} elements")
    roots = [id(each) for each in card["body"]["elements"]]
    tables = [each for each in elements if each["tag"] == "table"]
    if any(id(each) not in roots for each in tables):
        found.append("230099/11310 a table that is not at the root")
    markdowns = [each["content"] for each in elements if each["tag"] == "markdown"]
    if len(tables) + sum(_tables(each) for each in markdowns) > 3:
        found.append("230099/11310 too many tables")
    ids = [each["element_id"] for each in elements if "element_id" in each]
    if len(set(ids)) < len(ids):
        found.append("ids are not unique")
    names = [each["name"] for each in elements if "name" in each]
    if len(set(names)) < len(names):
        found.append("names are not unique")
    for each in elements:
        found += [f"{each['tag']}: {why}" for why in _limits(each)]
    return found


def walk(elements):
    for each in elements:
        yield each
        yield from walk(each.get("elements", ()))
        yield from walk(each.get("columns", ()) if each["tag"] == "column_set" else ())


def buttons(content):
    """The values of all buttons."""
    elements = walk(json.loads(content)["body"]["elements"])
    return [each["behaviors"][0]["value"] for each in elements if each["tag"] == "button"]


def _outside(text):
    return "".join(text.split("```")[::2])


def _tables(text):
    lines, count, inside = _outside(text).split("\n"), 0, 0
    for line in [*lines, ""]:
        inside = inside + 1 if line.startswith("|") else 0
        count += inside == 2
    return count


def _limits(each):
    tag = each["tag"]
    if tag not in KNOWN:
        yield "unknown tag"
        return
    if extra := set(each) - KNOWN[tag] - {"tag"}:
        yield f"unknown attribute {extra}"
    if tag == "markdown":
        if not each["content"].strip():
            yield "of nothing"
        if any(call in _outside(each["content"]).lower() for call in CALLS):
            yield "can call somebody or fetch a picture"
        if each["content"].count("```") % 2:
            yield "an open fence"
    if tag == "button":
        (behaviour,) = each["behaviors"]
        if behaviour["type"] != "callback" or not isinstance(behaviour["value"], dict):
            yield "200671 the value must be an object"
        if not each["text"]["content"] or each["type"] not in {"default", "primary", "danger"}:
            yield "text or type"
        if ("form_action_type" in each) != ("name" in each):
            yield "a name is needed in a form"
    if tag == "table":
        names = {column["name"] for column in each["columns"]}
        if (
            not 0 < len(names) <= 50
            or any(set(row) - names for row in each["rows"])
            or not 1 <= each["page_size"] <= 10
        ):
            yield "columns, rows or page size"
    if tag == "select_static":
        values = [option["value"] for option in each["options"]]
        if not values or len(set(values)) < len(values) or each.get("initial_option", values[0]) not in values:
            yield "options"
    if tag == "input" and not 1 <= each.get("max_length", 1) <= 1000:
        yield "max_length"
    if tag == "img" and (not each["img_key"] or each["alt"]["tag"] != "plain_text"):
        yield "200570"
    if tag in {"collapsible_panel", "form", "column"} and not each["elements"]:
        yield "empty"
