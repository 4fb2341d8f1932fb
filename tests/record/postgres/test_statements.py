"""Every statement of the product is understood by the migrated database, and no other module writes SQL."""

import re
from pathlib import Path

import psycopg
from psycopg import pq

from pro_collector import postgres
from tests.record.postgres.statements import numbered, statements

PRODUCT = Path(postgres.__file__).parent.parent
_ELSEWHERE = re.compile(r'\.execute\(\s*f?"+\s*(SELECT|INSERT|UPDATE|DELETE|WITH)\b')
ALLOWED = {"embedded/postgres.py", "web/server.py"}
"""Where a server is asked whether it is there, and its first database is made."""


def test_every_statement_can_be_planned(database_url: str) -> None:
    refused = {}
    found = dict(statements())
    with psycopg.connect(database_url, autocommit=True) as connection:
        for where, statement in found.items():
            done = connection.pgconn.exec_(f"EXPLAIN (GENERIC_PLAN) {numbered(statement)}".encode())
            if done.status != pq.ExecStatus.TUPLES_OK:
                refused[where] = done.error_message.decode()
    assert refused == {}
    assert len(found) > 90, "they were found"


def test_sql_stands_in_one_place() -> None:
    elsewhere = {
        str(file.relative_to(PRODUCT))
        for file in PRODUCT.rglob("*.py")
        if "postgres" not in file.relative_to(PRODUCT).parts[:1] and _ELSEWHERE.search(file.read_text(encoding="utf-8"))
    }
    assert elsewhere <= ALLOWED
