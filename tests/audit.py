"""`make audit`: the dependencies of all locks against the known vulnerabilities, by pip-audit.

pip-audit ends well where it looked up nothing: an index that does not know a package makes it a skipped one. So each
package of a lock must come back as looked up; one that does not is a failure, as a vulnerability is.
"""

import json
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PIP_AUDIT = (sys.executable, "-m", "pip_audit")
LOCKS = sorted((ROOT / "requirements").glob("*.lock"))
OPTIONS = ("--format", "json", "--require-hashes", "--disable-pip", "--progress-spinner", "off")
SECONDS = 900


class NotAudited(Exception):
    """Nothing, or not all of it, was looked up; the one line says why."""


def locked(lock: Path) -> dict[str, str]:
    """Name and version of each package of a lock."""
    found = re.findall(r"^([A-Za-z0-9._-]+)(?:\[[^]]*\])?==([^\s;\\]+)", lock.read_text(), re.MULTILINE)
    return {_same(name): version for name, version in found}


def audited(locks: Sequence[Path], command: tuple[str, ...] = PIP_AUDIT) -> dict[tuple[str, str], list[dict]]:
    """The vulnerabilities of each package that was looked up; raises NotAudited where one of a lock was not."""
    wanted: set[tuple[str, str]] = set()
    for lock in locks:
        if not (named := locked(lock)):
            raise NotAudited(f"{lock}: names no package")
        wanted |= set(named.items())
    files = [word for lock in locks for word in ("--requirement", str(lock))]
    try:
        done = subprocess.run([*command, *OPTIONS, *files], capture_output=True, text=True, timeout=SECONDS)
    except (OSError, subprocess.TimeoutExpired) as problem:
        raise NotAudited(f"pip-audit did not run to its end: {' '.join(str(problem).split())[:200]}") from None
    try:
        listed = json.loads(done.stdout)["dependencies"]
        looked_up = {(_same(one["name"]), one["version"]): one["vulns"] for one in listed if "vulns" in one}
        skipped = next((one["skip_reason"] for one in listed if "skip_reason" in one), "it does not say why")
    except (ValueError, KeyError, TypeError):
        said = (done.stderr.strip().splitlines() or ["it says nothing"])[-1]
        raise NotAudited(f"pip-audit ended {done.returncode} without a result: {said[:300]}") from None
    missing = sorted(wanted - set(looked_up))
    if missing:
        raise NotAudited(
            f"{len(wanted) - len(missing)} of {len(wanted)} packages were looked up; "
            f"not {missing[0][0]} {missing[0][1]}: {skipped[:200]}"
        )
    if done.returncode and not any(looked_up.values()):
        raise NotAudited(f"pip-audit ended {done.returncode} and names no vulnerability")
    return looked_up


def main(locks: Sequence[Path] = LOCKS, command: tuple[str, ...] = PIP_AUDIT) -> int:
    """Print what was found; 0 only where every package was looked up and none has a known vulnerability."""
    try:
        found = audited(locks, command)
    except NotAudited as problem:
        print(f"audit: not audited: {problem}", file=sys.stderr)
        return 1
    vulnerable = {package: vulnerabilities for package, vulnerabilities in found.items() if vulnerabilities}
    for (name, version), vulnerabilities in sorted(vulnerable.items()):
        for one in vulnerabilities:
            names = " ".join([one["id"], *one.get("aliases", [])])
            print(f"{name} {version}: {names}; fixed in {', '.join(one.get('fix_versions', [])) or 'no version yet'}")
    if vulnerable:
        print(f"audit: vulnerable: {len(vulnerable)} of {len(found)} packages", file=sys.stderr)
        return 1
    print(f"audit: {len(found)} packages looked up, no known vulnerability")
    return 0


def _same(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


if __name__ == "__main__":
    sys.exit(main())
