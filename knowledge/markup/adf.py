"""Atlassian Document Format (Jira and Confluence Cloud) as Markdown. An unknown node gives what it contains."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

DEEPEST = 60
_MARKS = {"strong": "**", "em": "*", "code": "`", "strike": "~~"}


def adf_to_markdown(document: Any) -> str:
    """Whole document; anything that is not one gives nothing, or its text."""
    if isinstance(document, str):
        return document.strip()
    return _blocks(document, 0).strip() if isinstance(document, Mapping) else ""


def _content(node: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    content = node.get("content")
    return [child for child in content if isinstance(child, Mapping)] if isinstance(content, list) else []


def _attribute(node: Mapping[str, Any], *names: str) -> str:
    attributes = node.get("attrs")
    if not isinstance(attributes, Mapping):
        return ""
    return next((str(attributes[name]) for name in names if attributes.get(name) not in {None, ""}), "")


def _date(node: Mapping[str, Any]) -> str:
    stamp = _attribute(node, "timestamp")
    try:
        return datetime.fromtimestamp(int(stamp) / 1000, UTC).date().isoformat()
    except (ValueError, OverflowError, OSError):
        return stamp


def _text(node: Mapping[str, Any]) -> str:
    text, link = str(node.get("text", "")), ""
    for mark in node.get("marks") or ():
        if not isinstance(mark, Mapping):
            continue
        sign = _MARKS.get(str(mark.get("type")), "")
        text = f"{sign}{text}{sign}" if text.strip() else text
        if mark.get("type") == "link":
            link = _attribute(mark, "href")
    return f"[{text}]({link})" if link and link != text else text


def _inline(node: Mapping[str, Any], depth: int) -> str:
    match node.get("type"):
        case "text":
            return _text(node)
        case "hardBreak":
            return "\n"
        case "mention" | "emoji":
            return _attribute(node, "text", "shortName", "id")
        case "status":
            return f"[{_attribute(node, 'text').upper()}]"
        case "date":
            return _date(node)
        case "inlineCard" | "blockCard" | "embedCard":
            return _attribute(node, "url")
        case "media" | "mediaInline":
            name = _attribute(node, "alt", "__fileName", "id")
            return f"![{name}]()" if name else ""
        case _:
            return _blocks(node, depth + 1) if _content(node) else _attribute(node, "text", "title", "url")


def _line(node: Mapping[str, Any], depth: int) -> str:
    return "".join(_inline(child, depth) for child in _content(node))


def _listed(node: Mapping[str, Any], depth: int) -> str:
    lines, number = [], int(_attribute(node, "order") or 1) if _attribute(node, "order").isdigit() else 1
    for child in _content(node):
        sign = f"{number}. " if node.get("type") == "orderedList" else "- "
        if child.get("type") in {"taskItem", "decisionItem"}:
            sign = "- [x] " if _attribute(child, "state") == "DONE" else "- [ ] "
            body = _line(child, depth)
        elif child.get("type") in {"taskList", "bulletList", "orderedList"}:
            sign, body = "  ", _listed(child, depth + 1)
        else:
            body = _blocks(child, depth + 1, "\n")
        lines.append(sign + body.strip().replace("\n", "\n" + " " * len(sign)))
        number += 1
    return "\n".join(lines)


def _table(node: Mapping[str, Any], depth: int) -> str:
    rows = [
        [_blocks(cell, depth + 1).replace("\n", " ").replace("|", "\\|") for cell in _content(r)]
        for r in _content(node)
    ]
    rows = [row for row in rows if row]
    if not rows:
        return ""
    widest = max(map(len, rows))
    lines = ["| " + " | ".join(row + [""] * (widest - len(row))) + " |" for row in rows]
    return "\n".join([lines[0], "|" + " --- |" * widest, *lines[1:]])


def _block(node: Mapping[str, Any], depth: int) -> str:
    match node.get("type"):
        case "paragraph" | "caption":
            return _line(node, depth)
        case "heading":
            level = _attribute(node, "level")
            return "#" * (int(level) if level in set("123456") else 2) + " " + _line(node, depth)
        case "codeBlock":
            code = "".join(str(child.get("text", "")) for child in _content(node))
            return f"```{_attribute(node, 'language')}\n{code}\n```"
        case "bulletList" | "orderedList" | "taskList" | "decisionList":
            return _listed(node, depth)
        case "blockquote":
            return "> " + _blocks(node, depth + 1).replace("\n", "\n> ")
        case "panel":
            return f"> **{_attribute(node, 'panelType') or 'note'}** " + _blocks(node, depth + 1).replace("\n", "\n> ")
        case "table":
            return _table(node, depth)
        case "rule":
            return "---"
        case "expand" | "nestedExpand":
            return f"**{_attribute(node, 'title')}**\n\n{_blocks(node, depth + 1)}"
        case "mediaSingle" | "mediaGroup":
            return " ".join(_inline(child, depth) for child in _content(node) if child.get("type") != "caption")
        case _:
            return _inline(node, depth)


def _blocks(node: Mapping[str, Any], depth: int, between: str = "\n\n") -> str:
    if depth > DEEPEST:
        return ""
    if not _content(node):
        return ""
    return between.join(filter(None, (_block(child, depth).rstrip() for child in _content(node))))
