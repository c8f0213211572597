"""A program under a root that nobody can write to, as a container with a read-only root filesystem sees it."""

import shutil
import subprocess
from collections.abc import Sequence
from functools import cache
from pathlib import Path


@cache
def can_be_sealed() -> bool:
    """Whether this machine lets us make mounts of our own: root may in most containers, others nowhere."""
    if not (shutil.which("unshare") and shutil.which("setpriv")):
        return False
    return subprocess.run(sealed(["true"], []), capture_output=True, check=False).returncode == 0


def sealed(command: Sequence[str | Path], writable: Sequence[Path], user: str | None = None) -> list[str | Path]:
    """The command with a root that is read-only but for these folders; what is mounted elsewhere stays as it is."""
    bound = "".join(f"mount --bind '{each}' '{each}'\n" for each in writable)
    other = f"setpriv --reuid {user} --regid {user} --clear-groups " if user else ""
    script = f'set -e\nmount --make-rprivate /\n{bound}mount -o remount,bind,ro /\nexec {other}"$@"'
    return ["unshare", "--mount", "sh", "-c", script, "sealed", *command]
