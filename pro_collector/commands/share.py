"""Make a de-identified, signed bundle of a study, and pool the bundles of several institutions."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from uuid import UUID

from pro_collector.domain.document import Document, validate
from pro_collector.domain.research.sharing import ShareFile
from pro_collector.domain.research.tables import ParticipantOfStudy, ResearchRow
from pro_collector.errors import BadInput, NotFound, Problem
from pro_collector.postgres.database import Database
from pro_collector.postgres.questions import research
from pro_collector.research.bundle import BundleForm, BundleSource, write_bundle
from pro_collector.research.files import WrittenFile
from pro_collector.research.pool import check_poolable, read_bundle, write_pool
from pro_collector.research.share_keys import ShareKeys
from pro_collector.vault import read_key


def share_keys(text: str) -> ShareKeys:
    """The keys of PRO_SHARE_KEY. Raises Misconfigured if it is no key."""
    return ShareKeys(read_key("PRO_SHARE_KEY", text))


async def share_study(
    database: Database, document: Document, keys: ShareKeys, to: Path, form: BundleForm, *,
    as_of: datetime | None = None, now: datetime,
) -> list[WrittenFile]:  # fmt: skip
    """Write a bundle as a share file says into the empty folder `to`. Raises BadInput, NotFound, NotMigrated."""
    file = validate(document, ShareFile)
    async with database.snapshot() as tx:
        await research.see(tx, as_of)
        if not await research.studies(tx, file.study):
            raise NotFound(f"no study {file.study!r}")

        async def rows_of(kind: type[ResearchRow], people: Sequence[UUID]) -> Sequence[ResearchRow]:
            return await research.rows(tx, kind, file.study, people)

        people = await research.rows(tx, ParticipantOfStudy, file.study)
        source = BundleSource(people, rows_of, await research.instruments(tx, file.study), as_of)
        return await write_bundle(source, file, keys, to, form, now)


async def pool_bundles(
    folders: Sequence[Path], trusted: Mapping[str, str], to: Path, *, mixed: bool = False
) -> list[WrittenFile]:  # fmt: skip
    """Verify the bundles in these folders and write them as one model into the empty folder `to`.

    `trusted`: the public key (64 hex digits) of each institution. Raises BadInput with every reason to refuse.
    """
    if not to.is_dir() or any(to.iterdir()):
        raise BadInput([Problem(str(to), None, "--to", "expected an empty folder")])
    bundles = [read_bundle(folder, trusted) for folder in folders]
    check_poolable(bundles, mixed=mixed)
    return await write_pool(bundles, to, mixed=mixed)


def trusted_keys(document: Document) -> dict[str, str]:
    """The public keys in a file of trusted keys: `institution: key`, one a line. Raises BadInput."""
    found = document.data if isinstance(document.data, dict) else {}
    wrong = [name for name, key in found.items() if not re.fullmatch("[0-9a-f]{64}", str(key))]
    if wrong or not found:
        paths: list[tuple[str, ...]] = [(str(name),) for name in wrong] or [()]
        raise BadInput([document.problem(path, "expected institution: 64 hex digits") for path in paths])
    return {str(name): str(key) for name, key in found.items()}
