"""A TCP line to the embedded PostgreSQL that can fall silent: what was open forwards no more, new connections work."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from urllib.parse import parse_qs, urlsplit


class Line:
    """`url` leads through it."""

    def __init__(self, database_url: str) -> None:
        parts = urlsplit(database_url)
        self._socket = f"{parse_qs(parts.query)['host'][0]}/.s.PGSQL.5432"
        self._name = f"{parts.username}@127.0.0.1:{{port}}{parts.path}"
        self._open: list[asyncio.Event] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self.url = ""
        self.refused: int | None = None
        """How many connections were refused; None while it refuses none."""

    @property
    def opened(self) -> int:
        """How many connections were ever opened."""
        return len(self._open)

    def fall_silent(self) -> None:
        """From now on nothing is forwarded on what is open; the kernel of this machine still acknowledges."""
        for speaks in self._open:
            speaks.clear()

    def refuse(self) -> None:
        """End what is open, and refuse what comes."""
        self.refused = 0
        for task in self._tasks:
            task.cancel()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, both ways."""
        speaks = asyncio.Event()
        speaks.set()
        self._open.append(speaks)
        back, forth = await asyncio.open_unix_connection(self._socket)
        try:
            await asyncio.gather(_forward(reader, forth, speaks), _forward(back, writer, speaks))
        finally:
            for end in (writer, forth):
                end.close()

    @asynccontextmanager
    async def up(self, query: str) -> AsyncIterator[None]:
        """While it stands; `query` is added to the URL."""
        server = await asyncio.start_server(self._begin, "127.0.0.1", 0)
        self.url = f"postgresql://{self._name.format(port=server.sockets[0].getsockname()[1])}?{query}"
        try:
            yield
        finally:
            server.close()
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    def _begin(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.refused is not None:
            self.refused += 1
            writer.close()
            return
        self._tasks.add(asyncio.create_task(self.serve(reader, writer)))


async def _forward(source: asyncio.StreamReader, sink: asyncio.StreamWriter, speaks: asyncio.Event) -> None:
    with suppress(OSError):
        while some := await source.read(65536):
            await speaks.wait()
            sink.write(some)
            await sink.drain()
    sink.close()


@asynccontextmanager
async def line(database_url: str, query: str) -> AsyncIterator[Line]:
    """A line that stands."""
    made = Line(database_url)
    async with made.up(query):
        yield made
