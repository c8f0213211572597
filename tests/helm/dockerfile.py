"""The steps of a Dockerfile, done without Docker: in a folder that stands in for the root of the image."""

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[2]
MOVED = ("/opt/dutybot", "/build", "/var/lib/dutybot")
"""Folders of the image that stand in the folder instead."""

REACHING = r"HOME$|PIP_|SSL_CERT_|REQUESTS_CA_BUNDLE$|(?i:https?|no)_proxy$"
"""What this machine's environment says of the way to packages."""


def stages(text):
    """Each stage: its instructions, as (word, rest)."""
    joined = re.sub(r"\\\n\s*", " ", re.sub(r"^#.*\n", "", text, flags=re.MULTILINE))
    found = []
    for line in filter(None, map(str.strip, joined.splitlines())):
        word, _, rest = line.partition(" ")
        if word == "FROM":
            found.append([])
        if found:  # what is said before the first stage is for the names of images alone
            found[-1].append((word, rest.strip()))
    return found


@dataclass
class Image:
    """One that is being built. Of apt-get and useradd nothing is done: they are the base image's business."""

    root: Path
    env: dict = field(default_factory=dict)
    work: Path = Path("/")

    def __post_init__(self):
        programs = self.root / "programs"
        programs.mkdir(parents=True)
        (programs / "python").symlink_to(Path(sys.base_prefix) / "bin" / f"python3.{sys.version_info.minor}")
        kept = {name: value for name, value in os.environ.items() if re.match(REACHING, name)}
        self.env = kept | {"PATH": f"{programs}:/usr/bin:/bin"}
        self.work = self.root / "build"
        self.work.mkdir()

    def here(self, text):
        """The same, with the image's folders where they are now."""
        for each in MOVED:
            text = re.sub(rf"(?<![\w./-]){each}(?![\w-])", f"{self.root}{each}", text)
        return text

    def do(self, word, rest):
        match word:
            case "ENV":
                pairs = dict(re.findall(r"(\w+)=(\S+)", self.here(rest)))
                pairs.pop("PIP_NO_CACHE_DIR", None)  # what was fetched once need not be fetched for a test again
                self.env |= {name: value.replace("$PATH", self.env["PATH"]) for name, value in pairs.items()}
            case "COPY" if not rest.startswith("--from"):
                *names, to = rest.split()
                for name in names:
                    self._copy(ROOT / name, self.work / to)
            case "RUN" if not re.match(r"apt-get|groupadd", rest):
                command = self.here(rest)
                ran = subprocess.run(
                    ["/bin/sh", "-ec", command],
                    cwd=self.work,
                    env=self.env,
                    capture_output=True,
                    text=True,
                    check=False,
                )
                assert ran.returncode == 0, (command, ran.stdout[-2000:], ran.stderr[-3000:])

    @staticmethod
    def _copy(source, to):
        if source.is_dir():
            shutil.copytree(source, to, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, to)
