"""A program under a root that nobody can write to, as a container with a read-only root filesystem sees it."""

import shutil
import subprocess
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path


@cache
def can_be_sealed() -> bool:
    """Whether this machine lets us make mounts of our own: root may in most containers, others nowhere."""
    if not (shutil.which("unshare") and shutil.which("setpriv")):
        return False
    return subprocess.run(sealed(["true"], []), capture_output=True, check=False).returncode == 0


def sealed(
    command: Sequence[str | Path],
    writable: Sequence[Path] | Mapping[Path, Path],
    user: str | None = None,
    shown: Mapping[Path, Path] | None = None,
) -> list[str | Path]:
    """The command with a root that is read-only but for these folders; what is mounted elsewhere stays as it is.

    `writable` as a mapping: the place where each folder is mounted, as a container mounts it. `shown`: places where a
    folder can be read, and not written to.
    """
    places = dict(writable) if isinstance(writable, Mapping) else {each: each for each in writable}
    last = [Path("/tmp")] if Path("/tmp") in places else []  # it may hide the folders themselves
    lines = [f"mount --bind '{folder}' '{place}'" for place, folder in (shown or {}).items()]
    lines += [f"mount --bind '{places[each]}' '{each}'" for each in [*(p for p in places if p not in last), *last]]
    lines += [f"mount -o remount,bind,ro '{place}'" for place in ("/", *(shown or ()))]
    other = f"setpriv --reuid {user} --regid {user} --clear-groups " if user else ""
    script = "\n".join(["set -e", "mount --make-rprivate /", *lines, f'exec {other}"$@"'])
    return ["unshare", "--mount", "sh", "-c", script, "sealed", *command]
