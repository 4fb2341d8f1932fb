"""Brings the jars of a `pom.xml` by Maven into a cache outside the tree, once for each content of the file."""

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pro_collector.embedded.child import remove
from pro_collector.errors import Misconfigured, Unavailable


@dataclass(frozen=True, slots=True)
class Jars:
    """The jars of a `pom.xml`. `folder`: its name in the cache; `megabytes`: what is brought; `needs`: the programs."""

    pom: Path
    folder: str
    what: str
    megabytes: int
    needs: Sequence[str]

    def missing(self) -> str | None:
        """What this machine lacks to run them, or None."""
        absent = [name for name in self.needs if shutil.which(name) is None]
        return f"{self.what} needs {' and '.join(absent)}, not found here" if absent else None

    def in_cache(self) -> Path:
        """The folder of the jars, brought when this `pom.xml` has not been before."""
        cache = Path(os.environ.get("PRO_CACHE") or Path.home() / ".cache" / "pro-collector") / self.folder
        jars = cache / hashlib.sha256(self.pom.read_bytes()).hexdigest()[:12]
        if jars.is_dir():
            return jars
        lacking = self.missing()
        if lacking:
            raise Misconfigured(lacking)
        cache.mkdir(parents=True, exist_ok=True)
        partial = Path(tempfile.mkdtemp(prefix="partial-", dir=cache))
        print(f"Bringing {self.what} by Maven into {jars} (once; {self.megabytes} MB)", file=sys.stderr, flush=True)
        try:
            self._bring(partial)
            if not jars.is_dir():  # another run may have been quicker
                partial.rename(jars)
        finally:
            remove(partial)
        return jars

    def _bring(self, folder: Path) -> None:
        command = ["mvn", "-B", "-q", "-f", str(self.pom), "dependency:copy-dependencies", "-DincludeScope=runtime"]
        done = subprocess.run([*command, f"-DoutputDirectory={folder}"], check=False, capture_output=True, text=True)
        if done.returncode != 0:
            raise Unavailable(f"Maven could not bring {self.what}: {(done.stdout + done.stderr).strip()[-900:]}")
