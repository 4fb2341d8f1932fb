"""Who did and saw what in a study: the tables that record it, as one list; newest first, in pages.

A table that records what a person does gets a part in `_PARTS`; its column `client` says from where (`came_from()`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import LiteralString

from psycopg.rows import class_row

from pro_collector.domain.account.permission import Sites
from pro_collector.postgres.connection import Tx

_PARTS: Mapping[str, LiteralString] = {
    "page": """
        SELECT at, id::text, by_whom, client, page AS what, participant_id, NULL AS was, http_status::text AS became,
               coalesce(item, '') AS why
        FROM team_act WHERE study = %(study)s AND what = 'looked'""",
    "act": """
        SELECT at, id::text, by_whom, client, page, participant_id, NULL, http_status::text, coalesce(item, '')
        FROM team_act WHERE study = %(study)s AND what = 'acted'""",
    "words": """
        SELECT looked_at, id::text, looked_by, client, view, participant_id, NULL,
               cardinality(inbound_ids) || CASE cardinality(inbound_ids) WHEN 1 THEN ' text' ELSE ' texts' END, why
        FROM look WHERE participant_id IS NOT NULL""",
    "person": """
        SELECT recorded_at, id::text, recorded_by, client, field, participant_id, was, became, reason
        FROM participant_change""",
    "state": """
        SELECT recorded_at, id::text, recorded_by, client, kind, participant_id, NULL,
               concat_ws(' to ', starts_on, ends_on), reason FROM participant_state""",
    "state taken back": """
        SELECT retracted_at, id::text, retracted_by, retracted_client, kind, participant_id,
               concat_ws(' to ', starts_on, ends_on), NULL, coalesce(retracted_reason, '')
        FROM participant_state WHERE retracted_at IS NOT NULL""",
    "treatment": """
        SELECT t.recorded_at, t.id::text, t.recorded_by, t.client, t.kind, t.participant_id,
               lag(t.happened_on::text) OVER (PARTITION BY t.root_id ORDER BY t.recorded_at, t.id),
               CASE WHEN t.retracted THEN 'taken back' ELSE t.happened_on::text END, t.reason FROM treatment_event t""",
    "task": """
        SELECT done_at, id::text, done_by, done_client, kind, participant_id, 'open', 'done',
               CASE WHEN %(words)s THEN coalesce(note, '') ELSE '' END
        FROM task WHERE done_at IS NOT NULL""",
    "alert": """
        SELECT l.at, l.id::text, l.who, l.client, a.rule, a.participant_id, NULL,
               concat_ws(': ', l.what, l.detail ->> 'done'),
               CASE WHEN %(words)s THEN coalesce(l.detail ->> 'note', '') ELSE '' END
        FROM alert_log l JOIN alert a ON a.id = l.alert_id WHERE l.who IS NOT NULL""",
    "message": """
        SELECT written_at, message_id::text, written_by, client, 'wrote to them', participant_id, NULL, NULL, ''
        FROM vault.written""",
    "stop confirmed": """
        SELECT stopped_at, id::text, stopped_by, client, how, participant_id, NULL, 'no more messages', ''
        FROM opt_out WHERE how = 'confirmed'""",
    "study": """
        SELECT applied_at, id::text, applied_by, client, 'version in force', NULL::uuid,
               lag(version) OVER (ORDER BY id), version, '' FROM study_application WHERE study = %(study)s""",
    "roster": """
        SELECT applied_at, '', applied_by, client, 'roster in force', NULL::uuid, NULL, NULL, ''
        FROM roster WHERE study = %(study)s""",
    "erasure": """
        SELECT erased_at, id::text, erased_by, client, 'erased', NULL::uuid, NULL,
               CASE WHEN kept_answers THEN 'answers kept' ELSE 'nothing kept' END, reason
        FROM erasure WHERE study = %(study)s""",
    "export": """
        SELECT asked_at, id::text, asked_by, client, concat_ws(', ', input ->> 'dataset', input ->> 'format'),
               NULL::uuid, NULL,
               CASE WHEN jsonb_typeof(input -> 'sites') = 'array' THEN 'of ' || array_to_string(ARRAY(
                   SELECT jsonb_array_elements_text(input -> 'sites')), ', ') ELSE 'of all sites' END,
               coalesce('as of ' || (input ->> 'as_of'), '')
        FROM job WHERE study = %(study)s AND kind = 'export'""",
    "account": """
        SELECT e.at, e.id::text, e.by_whom, e.client, concat_ws(' ', e.what, e.about), NULL::uuid, NULL,
               nullif(e.detail, ''), ''
        FROM account_event e WHERE EXISTS (
            SELECT FROM account a JOIN account_grant g ON g.account_id = a.id
            WHERE a.handle = e.about AND g.study = %(study)s)""",
}
"""By kind: what was done, by whom, to whom, before, after, why. Notes are for those who may read words."""
KINDS = tuple(_PARTS)
_OF_WHOLE_STUDY = ["study", "roster"]
"""What concerns each site. The rest that names nobody is for those who see all sites."""
_ALL: LiteralString = " UNION ALL ".join(
    f"SELECT '{kind}' AS kind, {kind_n} AS part, x.* FROM ({part}) x (at, id, by_whom, client, what, participant_id,"  # noqa: S608
    " was, became, why)"
    for kind_n, (kind, part) in enumerate(_PARTS.items())
)
_PAGE: LiteralString = f"""
WITH line AS (
    SELECT l.at, l.kind, concat_ws('.', l.part, l.id) AS place, l.by_whom, l.client, l.what,
           p.code, l.was, l.became, l.why, l.participant_id
    FROM ({_ALL}) l LEFT JOIN participant p ON p.id = l.participant_id
    WHERE ((l.participant_id IS NULL AND (%(sites)s::text[] IS NULL OR l.kind = ANY(%(of_whole_study)s)))
           OR (p.study = %(study)s AND (%(sites)s::text[] IS NULL OR p.site = ANY(%(sites)s))))
      AND (%(by)s::text IS NULL OR l.by_whom = %(by)s) AND (%(code)s::text IS NULL OR p.code = %(code)s)
      AND (%(kind)s::text IS NULL OR l.kind = %(kind)s) AND l.at >= %(since)s AND l.at < %(until)s
)
SELECT at, kind, place, by_whom, coalesce(client, '') AS client, what, code, was, became, why
FROM line WHERE %(after)s::timestamptz IS NULL OR (at, place) < (%(after)s, %(after_place)s)
ORDER BY at DESC, place DESC LIMIT %(limit)s
"""  # noqa: S608  # no value in it


@dataclass(frozen=True, slots=True)
class AuditLine:
    """One thing that somebody did or saw. `client`: a network address, or `command line`; empty: not known.

    `code`: of the participant it was about. `place` orders what happened at the same moment.
    """

    at: datetime
    kind: str
    place: str
    by_whom: str
    client: str
    what: str
    code: str | None
    was: str | None
    became: str | None
    why: str


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """Which lines are wanted; None: all. `until` is not included."""

    since: datetime
    until: datetime
    by: str | None = None
    code: str | None = None
    kind: str | None = None


async def lines(
    tx: Tx, study: str, sites: Sites, wanted: AuditFilter, *, words: bool, after: tuple[datetime, str] | None,
    limit: int,
) -> list[AuditLine]:  # fmt: skip
    """Up to `limit` lines, newest first, of what comes after `after`: the time and place of the last line before.

    `words`: with the notes of tasks and alerts, which may quote somebody.
    """
    async with tx.cursor(row_factory=class_row(AuditLine)) as cursor:
        await cursor.execute(
            _PAGE,
            {
                "study": study, "sites": sites.listed, "of_whole_study": _OF_WHOLE_STUDY, "by": wanted.by,
                "code": wanted.code, "kind": wanted.kind, "since": wanted.since, "until": wanted.until,
                "words": words, "after": after[0] if after else None, "after_place": after[1] if after else None,
                "limit": limit,
            },
        )  # fmt: skip
        return await cursor.fetchall()
