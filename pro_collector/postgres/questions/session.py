"""What the login of a connection may do."""

from pro_collector.postgres.connection import Tx


async def may_act_as(tx: Tx, role: str) -> bool:
    """Whether the login may act as this role; false if there is no such role."""
    rows = await tx.execute(
        """
        SELECT pg_has_role(session_user, oid, CASE WHEN current_setting('server_version_num')::int >= 160000
                                              THEN 'SET' ELSE 'MEMBER' END) AS may
        FROM pg_roles WHERE rolname = %s
        """,
        (role,),
    )
    row = await rows.fetchone()
    return bool(row and row["may"])
