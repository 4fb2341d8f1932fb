"""Which operating-system user the database server runs as: ourselves, or an unprivileged one when we are root."""

import os
import pwd
import shutil
import subprocess
import tempfile
from pathlib import Path

from pro_collector.embedded.child import ServerUser, run
from pro_collector.errors import Misconfigured

_SUITABLE = ("postgres", "nobody")


def server_account(data: Path | None = None) -> ServerUser | None:
    """The user for a server that refuses to run as root; None when we are not root and it can simply be us.

    A cluster that exists already in `data` is served by its owner.
    """
    if os.geteuid() != 0:
        return None
    if data is not None and (data / "PG_VERSION").exists() and data.stat().st_uid != 0:
        return ServerUser(f"user {data.stat().st_uid}", data.stat().st_uid, data.stat().st_gid)
    for name in _SUITABLE:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return ServerUser(name, entry.pw_uid, entry.pw_gid)
    raise Misconfigured(
        "PostgreSQL refuses to run as root, and there is neither a user 'postgres' nor 'nobody' to run it as: "
        "run pro-collector as an ordinary user"
    )


def reachable_install(install: Path, account: ServerUser | None) -> Path:
    """`install` if `account` can run it, else a copy it can run, made once per version in the temporary folder.

    A virtual environment below root's home (mode 0700) is out of reach for every other user.
    """
    if account is None or _runs(install, account):
        return install
    version = _asked(install, None).stdout.split()[-1]
    copy = Path(tempfile.gettempdir()) / f"pro-collector-postgres-{version}"
    if not _ours(copy):
        partial = Path(tempfile.mkdtemp(prefix="pro-collector-postgres-"))
        partial.chmod(0o755)
        _copy_package(install.parent, partial)
        try:
            partial.rename(copy)
        except OSError:
            copy = partial
    copied = copy / install.parent.name / install.name
    if not _runs(copied, account):
        raise Misconfigured(f"the user '{account.name}' cannot run the PostgreSQL server in {install} nor in {copied}")
    return copied


def give(folder: Path, account: ServerUser | None) -> None:
    """Make `folder` (empty, or given before) private to the server's user, and check that this user can get there."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if account is not None and folder.stat().st_uid != account.uid:
            os.chown(folder, account.uid, account.gid)
        folder.chmod(0o700)
    except OSError as error:
        raise Misconfigured(f"{folder} cannot be the database's folder: {error.strerror}") from error
    if account is not None and run(["/bin/sh", "-c", 'cd "$1"', "sh", folder], account).returncode != 0:
        raise Misconfigured(
            f"PostgreSQL refuses to run as root, so it runs as '{account.name}', who cannot reach {folder}: "
            "choose a folder that is not below root's home (PRO_HOME=/var/lib/pro-collector), "
            "or run pro-collector as an ordinary user"
        )


def _copy_package(package: Path, target: Path) -> None:
    """Copy the package and its libraries, which its programs expect in a folder beside it."""
    libraries = package.with_name(f"{package.name}.libs")
    shutil.copytree(package, target / package.name, ignore=shutil.ignore_patterns("include", "pgxs", "*.a"))
    if libraries.is_dir():
        shutil.copytree(libraries, target / libraries.name)


def _runs(install: Path, account: ServerUser) -> bool:
    try:
        return _asked(install, account).returncode == 0
    except OSError:
        return False


def _asked(install: Path, account: ServerUser | None) -> subprocess.CompletedProcess[str]:
    return run([install / "bin" / "initdb", "--version"], account)


def _ours(copy: Path) -> bool:
    """Whether `copy` is a folder that root made: anybody may make one of that name in a shared temporary folder."""
    return copy.is_dir() and not copy.is_symlink() and copy.stat().st_uid == os.geteuid()
