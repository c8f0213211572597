"""The files of the page itself, from the folder `page/`: read once, served with a tag, no build step."""

import hashlib
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from bot.talk.refused import Refused

FOLDER = Path(__file__).parent / "page"
KINDS = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".svg": "image/svg+xml",
}


class Files:
    """Only what stands in the folder when we start can be asked for."""

    def __init__(self, folder: Path = FOLDER) -> None:
        self._files = {
            path.relative_to(folder).as_posix(): (path.read_bytes(), KINDS[path.suffix])
            for path in sorted(folder.rglob("*"))
            if path.suffix in KINDS
        }

    def routes(self) -> list[BaseRoute]:
        return [
            Route("/", self.index, methods=["GET"]),
            Route("/preview", self.preview, methods=["GET"]),
            Route("/favicon.ico", self.icon, methods=["GET"]),
            Route("/web/page/{path:path}", self.file, methods=["GET"]),
        ]

    async def index(self, request: Request) -> Response:
        return self._give(request, "index.html")

    async def preview(self, request: Request) -> Response:
        return self._give(request, "preview.html")

    async def icon(self, request: Request) -> Response:
        return self._give(request, "icon.svg")

    async def file(self, request: Request) -> Response:
        return self._give(request, request.path_params["path"])

    def _give(self, request: Request, path: str) -> Response:
        if path not in self._files:
            raise Refused(404, "http_not_found", path=path[:100])
        content, kind = self._files[path]
        tag = f'"{hashlib.sha256(content).hexdigest()[:20]}"'
        headers = {"etag": tag, "cache-control": "no-cache"}
        if request.headers.get("if-none-match") == tag:
            return Response(status_code=304, headers=headers)
        return Response(content, headers=headers, media_type=kind)
