"""HTML, and Confluence's storage format which is HTML with parts of its own, as Markdown."""

import html
import re

LARGEST = 2_000_000
_CODE = re.compile(
    r'<ac:structured-macro[^>]*ac:name="(?:code|noformat)"[^>]*>(?P<inside>.*?)</ac:structured-macro>', re.DOTALL
)
_LANGUAGE = re.compile(r'<ac:parameter[^>]*ac:name="language"[^>]*>(.*?)</ac:parameter>', re.DOTALL)
_PLAIN = re.compile(r"<ac:plain-text-body>\s*<!\[CDATA\[(.*?)\]\]>\s*</ac:plain-text-body>", re.DOTALL)
_CDATA = re.compile(r"<!\[CDATA\[(.*?)\]\]>", re.DOTALL)
_TASK = re.compile(r"<ac:task>(.*?)</ac:task>", re.DOTALL)
_TASK_DONE = re.compile(r"<ac:task-status>\s*complete\s*</ac:task-status>")
_TASK_BODY = re.compile(r"<ac:task-body>(.*?)</ac:task-body>", re.DOTALL)
_TITLED_LINK = re.compile(r"<ac:link\b[^>]*>(?P<inside>.*?)</ac:link>", re.DOTALL)
_NAMED = re.compile(r'ri:(?:content-title|filename|username|userkey|space-key)="([^"]*)"')
_IMAGE = re.compile(r"<ac:image\b[^>]*>(?P<inside>.*?)</ac:image>", re.DOTALL)
_FORGOTTEN = re.compile(r"<(script|style|ac:parameter|head)\b[^>]*>.*?</\1>", re.DOTALL | re.IGNORECASE)
_OWN = re.compile(r"</?(?:ac|ri):[a-z-]+\b[^>]*>")
_STATUS = re.compile(r'<ac:structured-macro[^>]*ac:name="status"[^>]*>(.*?)</ac:structured-macro>', re.DOTALL)
_TITLE = re.compile(r'<ac:parameter[^>]*ac:name="title"[^>]*>(.*?)</ac:parameter>', re.DOTALL)


def _code(found: re.Match[str]) -> str:
    inside = found["inside"]
    language, body = _LANGUAGE.search(inside), _PLAIN.search(inside)
    text = html.escape(body[1] if body else re.sub(r"<[^>]+>", "", inside), quote=False)
    return f'<pre><code class="language-{language[1].strip() if language else ""}">{text}</code></pre>'


def _task(found: re.Match[str]) -> str:
    body = _TASK_BODY.search(found[1])
    return f"<li>[{'x' if _TASK_DONE.search(found[1]) else ' '}] {body[1] if body else ''}</li>"


def _link(found: re.Match[str]) -> str:
    name, text = _NAMED.search(found["inside"]), _CDATA.search(found["inside"])
    shown = text[1] if text else _OWN.sub("", found["inside"]).strip()
    target = html.unescape(name[1]) if name else ""
    return html.escape(f"{shown} ({target})" if shown and target and shown != target else shown or target, quote=False)


def _image(found: re.Match[str]) -> str:
    name = _NAMED.search(found["inside"]) or re.search(r'ri:value="([^"]*)"', found["inside"])
    return f"![{name[1]}]()" if name else ""


def storage_to_markdown(storage: str) -> str:
    """Code stays fenced; names of attachments and titles of linked pages stay."""
    text = _CODE.sub(_code, storage[:LARGEST])
    text = _STATUS.sub(lambda found: f"[{(_TITLE.search(found[1]) or ['', ''])[1].upper()}]", text)
    text = _TASK.sub(_task, text)
    text = re.sub(r"</?ac:task-list>", lambda found: found[0].replace("ac:task-list", "ul"), text)
    text = _IMAGE.sub(_image, _TITLED_LINK.sub(_link, text))
    text = re.sub(r'<ri:attachment[^>]*ri:filename="([^"]*)"[^>]*/?>', r"\1 ", text)
    text = _TITLE.sub(r"<p><strong>\1</strong></p>", text)
    text = _FORGOTTEN.sub("", text)
    text = _CDATA.sub(lambda found: html.escape(found[1], quote=False), text)
    return html_to_markdown(_OWN.sub("", text))


def html_to_markdown(source: str) -> str:
    """Without scripts and styles; code fenced with its language."""
    from markdownify import markdownify

    markdown: str = markdownify(
        _FORGOTTEN.sub("", source[:LARGEST]),
        heading_style="ATX",
        bullets="-",
        escape_underscores=False,
        escape_asterisks=False,
        code_language_callback=_language_of,
    )
    return re.sub(r"\n{3,}", "\n\n", markdown).strip()


def _language_of(element: object) -> str | None:
    find = getattr(element, "find", None)
    code = find("code") if find else None
    names = code.get("class", []) if code is not None else []
    return next((name.removeprefix("language-") for name in names if name.startswith("language-")), None)
