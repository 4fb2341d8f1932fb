"""Chooses the operating-system user of the database server: the current user, or an unprivileged one for root."""

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
    """Return the user for the server, which refuses to run as root; None for the current user, if that is not root.

    If `data` already has a cluster, the server runs as the owner of the cluster. Raises Misconfigured.
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


def reachable_install(install: Path, account: ServerUser | None, *, of_wheel: bool) -> Path:
    """Return `install` if `account` can run it, else a copy in the temporary folder, made once for each version.

    No other user can read a virtual environment below root's home (mode 0700). A server that is not `of_wheel` may have
    extensions that the copy has not, so it is not copied. Raises Misconfigured.
    """
    if account is None or _can_run(install, account):
        return install
    if not of_wheel:
        raise Misconfigured(f"the user '{account.name}' cannot run the PostgreSQL server in {install}: move it")
    version = _initdb_version(install, None).stdout.split()[-1]
    copy = Path(tempfile.gettempdir()) / f"pro-collector-postgres-{version}"
    if not _is_ours(copy):
        partial = Path(tempfile.mkdtemp(prefix="pro-collector-postgres-"))
        partial.chmod(0o755)
        _copy_package(install.parent, partial)
        try:
            partial.rename(copy)
        except OSError:
            copy = partial
    copied = copy / install.parent.name / install.name
    if not _can_run(copied, account):
        raise Misconfigured(f"the user '{account.name}' cannot run the PostgreSQL server in {install} or in {copied}")
    return copied


def make_private(folder: Path, account: ServerUser | None) -> None:
    """Make `folder` private to the server's user, and check that this user can reach it. Raises Misconfigured.

    The folder is empty, or already belongs to that user.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if account is not None and folder.stat().st_uid != account.uid:
            os.chown(folder, account.uid, account.gid)
        folder.chmod(0o700)
    except OSError as error:
        raise Misconfigured(f"{folder} cannot be used as the database's folder: {error.strerror}") from error
    if account is not None and run(["/bin/sh", "-c", 'cd "$1"', "sh", folder], account).returncode != 0:
        raise Misconfigured(
            f"PostgreSQL refuses to run as root, so it runs as '{account.name}', who cannot reach {folder}: "
            "choose a folder that is not below root's home (PRO_HOME=/var/lib/pro-collector), "
            "or run pro-collector as an ordinary user"
        )


def _copy_package(package: Path, target: Path) -> None:
    """Copy the package and its libraries; its programs expect them in the folder next to the package."""
    libraries = package.with_name(f"{package.name}.libs")
    shutil.copytree(package, target / package.name, ignore=shutil.ignore_patterns("include", "pgxs", "*.a"))
    if libraries.is_dir():
        shutil.copytree(libraries, target / libraries.name)


def _can_run(install: Path, account: ServerUser) -> bool:
    try:
        return _initdb_version(install, account).returncode == 0
    except OSError:
        return False


def _initdb_version(install: Path, account: ServerUser | None) -> subprocess.CompletedProcess[str]:
    return run([install / "bin" / "initdb", "--version"], account)


def _is_ours(copy: Path) -> bool:
    """Whether root made the folder `copy`: in a shared temporary folder, anybody could make one of that name."""
    return copy.is_dir() and not copy.is_symlink() and copy.stat().st_uid == os.geteuid()
