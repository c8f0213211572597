"""What a model wrote, so that it can be shown: no link but to where its evidence is, no picture, nobody called."""

import re
from collections.abc import Iterable
from urllib.parse import urlsplit

_CODE = re.compile(r"(```.*?(?:```|\Z)|`[^`\n]+`)", re.DOTALL)
_UNSEEN = re.compile("[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\U000e0000-\U000e007f]")
_PICTURE = re.compile(r"!\[([^\]]{0,300})\]\([^)]{0,4000}\)")
_LINK = re.compile(r"\[([^\]]{0,300})\]\(\s*<?([^)\s>]{0,4000})>?[^)]{0,300}\)")
_REFERENCE = re.compile(r"^[ ]{0,3}\[[^\]]{1,300}\]:\s*\S+.*$", re.MULTILINE)
_BARE = re.compile(
    r"<?\b(?:[a-z][a-z0-9+.-]{1,20}://|www\.|mailto:)[^\s<>)\]（）【】《》，。；、：！？“”]{1,4000}>?", re.IGNORECASE
)
_CALL = re.compile(r"<(?=[!@#]|/?at\b)|(?<!\w)@(?=all\b|here\b|channel\b|everyone\b|所有人|全体)", re.IGNORECASE)
_KEPT = re.compile("\x00(\\d+)\x00")
_WIDE = {"<": "‹", "@": "＠"}


def hosts_of(urls: Iterable[str]) -> frozenset[str]:
    """Where these addresses are."""
    return frozenset(host for url in urls if (host := _host(url)))


def tamed(text: str, hosts: frozenset[str] = frozenset()) -> str:
    """Outside of code; links to these hosts stay."""
    parts = _CODE.split(_UNSEEN.sub("", text).replace("\x00", ""))
    return "".join(part if place % 2 else _tamed(part, hosts) for place, part in enumerate(parts))


def _tamed(text: str, hosts: frozenset[str]) -> str:
    kept: list[str] = []

    def keep(whole: str, url: str, else_: str) -> str:
        if _host(url) not in hosts:
            return else_
        kept.append(whole)
        return f"\x00{len(kept) - 1}\x00"

    text = _REFERENCE.sub("", text)
    text = _PICTURE.sub(lambda found: found[1], text)
    text = _LINK.sub(lambda found: keep(found[0], found[2], found[1]), text)
    text = _BARE.sub(lambda found: keep(found[0], found[0].strip("<>"), f"`{found[0].strip('<>')[:200]}`"), text)
    text = _CALL.sub(lambda found: _WIDE[found[0]], text)
    return _KEPT.sub(lambda found: kept[int(found[1])], text)


def _host(url: str) -> str:
    try:
        split = urlsplit(url)
        return (split.hostname or "").lower() if split.scheme.lower() in {"http", "https"} else ""
    except ValueError:
        return ""
