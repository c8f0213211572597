"""What is known against the packages in requirements.lock: `make advisories`. Says so when nobody could be asked."""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

LOCK = Path(__file__).parents[1] / "requirements.lock"
PROBE = "idna==3.6\n"
"""A release with a known fault: whoever does not know it does not know advisories."""
PATIENCE = 900


def audited(requirements: str) -> list[dict]:
    """What pip-audit says of each package; the lock names every file by its hash, so nothing is resolved or built."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "requirements.txt"
        path.write_text(requirements, encoding="utf-8")
        command = [sys.executable, "-m", "pip_audit", "-r", str(path), "--disable-pip", "--no-deps"]
        command += ["--format=json", "--progress-spinner=off", "--timeout=10"]
        told = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=False)
    try:
        return json.loads(told.stdout)["dependencies"]
    except (ValueError, KeyError):
        return []


def pinned(lock: str) -> str:
    """Its packages, one a line."""
    return "".join(f"{line.split()[0]}\n" for line in lock.splitlines() if line[:1].isalnum())


def verdict(found: list[dict]) -> tuple[str, bool]:
    """A sentence, and whether all is well as far as could be seen."""
    skipped = [each["name"] for each in found if each.get("skip_reason")]
    mended = lambda fault: ", ".join(fault["fix_versions"]) or "no release yet"  # noqa: E731
    bad = [
        f"{each['name']} {each['version']}: {fault['id']}, mended in {mended(fault)}"
        for each in found
        for fault in each.get("vulns", [])
    ]
    seen = len(found) - len(skipped)
    if not seen:
        return "NOT CHECKED: the database of advisories could not be reached.", True
    left = f"; {len(skipped)} are not known there: {', '.join(skipped[:10])}" if skipped else ""
    if bad:
        return "\n".join([f"{len(bad)} advisories against {seen} packages{left}:", *bad]), False
    return f"No advisory against {seen} packages{left}.", True


def main() -> int:
    """Asks of one package first: where nobody answers, the rest is not asked."""
    probe = audited(PROBE)
    reached = any(each.get("vulns") for each in probe)
    told, well = verdict(audited(pinned(LOCK.read_text(encoding="utf-8"))) if reached else [])
    print(told)
    return 0 if well else 1


if __name__ == "__main__":
    raise SystemExit(main())
