"""Stands between the parts and PostgreSQL: a fixed address, and connections that can fall silent or be cut."""

import asyncio
from dataclasses import dataclass, field

SERVER_NOTICES = 60.0
"""Seconds after which the keep-alive of a server ends a session whose client answers nothing any more."""


@dataclass(eq=False)
class _Connection:
    writers: list[asyncio.StreamWriter] = field(default_factory=list)
    flowing: asyncio.Event = field(default_factory=asyncio.Event)

    def end_session(self) -> None:
        """Close the server's end; the client learns nothing."""
        for writer in self.writers[1:]:
            writer.transport.abort()


class Proxy:
    """Forwards a loopback port to the Unix socket in `socket`, which may change when the server is started again."""

    def __init__(self) -> None:
        self.socket = ""
        self._connections: set[_Connection] = set()

    async def start(self) -> int:
        """Listen; the port."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        return int(self._server.sockets[0].getsockname()[1])

    async def stop(self) -> None:
        """Stop listening and cut every connection."""
        self._server.close()
        self.cut()
        await self._server.wait_closed()

    def silence(self) -> int:
        """Forward nothing more on the connections that are open; new ones work. How many were open."""
        for connection in self._connections:
            connection.flowing.clear()
            asyncio.get_running_loop().call_later(SERVER_NOTICES, connection.end_session)
        return len(self._connections)

    def cut(self) -> None:
        """Reset every connection."""
        for connection in list(self._connections):
            for writer in connection.writers:
                writer.transport.abort()
            connection.flowing.set()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = _Connection([writer])
        connection.flowing.set()
        self._connections.add(connection)
        try:
            there, back = await asyncio.open_unix_connection(self.socket)
            connection.writers.append(back)
            await asyncio.gather(_forward(reader, back, connection), _forward(there, writer, connection))
        except OSError:
            pass
        finally:
            self._connections.discard(connection)
            for each in connection.writers:
                each.transport.abort()


async def _forward(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, connection: _Connection) -> None:
    """Until either end closes; then an error ends the other direction as well, unless the connection is silent."""
    while data := await reader.read(65536):
        await connection.flowing.wait()
        writer.write(data)
        await writer.drain()
    await connection.flowing.wait()
    raise ConnectionResetError
