"""The product as a hospital runs it: each part in a process of its own, under a supervisor that starts it again."""

import asyncio
import csv
import os
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path
from random import Random

from pro_collector.embedded.port import free_port
from tests.chaos.brokers import Broker
from tests.chaos.carrier import ACCOUNT, NUMBER, TOKEN, Carrier, Temper
from tests.chaos.clocks import Clocks
from tests.chaos.log import Log
from tests.chaos.mail import mail_catcher
from tests.chaos.people import People
from tests.chaos.servers import Database

HERE = Path(__file__).parent
COMMAND = Path(sys.executable).parent / "pro-collector"
Parts = Mapping[str, Sequence[str]]

APART: Parts = {
    **{name: [name] for name in ("scheduler", "relay", "web")},
    **{f"{name}-{n}": [name] for name in ("worker", "sender") for n in (1, 2)},
}
TOGETHER: Parts = {"all but the worker": ["scheduler", "relay", "sender", "web"], "worker-1": ["worker"]}
"""Fewer processes, for a run of a minute."""

EXIT_WITHIN = 15.0
"""Seconds that a part may take to end after SIGTERM: the 9 s that it allows itself, and what a busy machine adds."""
SUPERVISES_EVERY = 0.5
AREAS = (202, 212, 303, 404, 512, 617, 702, 808)


class House:
    """The servers, the carrier, the people and the parts."""

    def __init__(
        self,
        folder: Path,
        seed: int,
        temper: Temper,
        *,
        kafka: str = "embedded",
        parts: Parts = APART,
        study: Path = HERE / "study.yaml",
        room: bool = False,
        clocks: Path | None = None,
    ) -> None:
        """`room`: the disk of PostgreSQL can be filled; `clocks`: the library that shifts clocks."""
        self.folder, self._study = folder, study
        self.log = Log(folder / "log.jsonl")
        self.clocks = Clocks(folder / "clocks", clocks) if clocks else None
        self.database, self.broker = Database(room=room, clocks=self.clocks), Broker(kafka)
        self.carrier = Carrier(self.log, seed, temper)
        self.people = People(self.carrier, self.log, seed)
        self.wrong: list[str] = []
        """What went wrong beside the record: a part that ended by itself or did not end."""
        self.enrolled = 0
        self._stack = AsyncExitStack()
        self._parts = parts
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self._down: set[str] = set()
        self._mail = mail_catcher(self.log, free_port(), self._post)

    async def start(self) -> None:
        """Start everything, start the parts, and put the study in force."""
        self._stack.push_async_callback(self.database.stop)
        self._stack.push_async_callback(self.broker.stop)
        self._loop = asyncio.get_running_loop()
        await asyncio.gather(self.database.start(), self.broker.start())
        self._env = self._environment(await self.carrier.start())
        self._stack.push_async_callback(self.carrier.stop)
        self._mail.start()
        self._stack.callback(self._mail.stop)
        await self.command("migrate")
        self._stack.callback(self._kill_all)
        for name in self._parts:
            self.start_part(name)
        supervisor = asyncio.create_task(self._supervise())
        self._stack.callback(supervisor.cancel)
        self._stack.push_async_callback(self.people.stop)
        await self.command("study", "apply", str(self._study), "--instruments", str(HERE / "instruments"))

    async def stop(self) -> None:
        """End everything that was started."""
        await self._stack.aclose()
        self.log.close()

    def _kill_all(self) -> None:
        for process in self._running.values():
            process.kill()
            process.wait()

    async def command(self, *words: str) -> bool:
        """Run a command of the product to its end; whether it succeeded."""
        process = await asyncio.create_subprocess_exec(
            COMMAND, *words, env=self._env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        printed, _ = await process.communicate()
        self.log.note("command", words=words[:2], code=process.returncode, printed=printed.decode()[-300:])
        return process.returncode == 0

    async def enrol(self, people: int) -> bool:
        """Enrol so many more people, whose two visits are due at once; whether it succeeded."""
        file = self.folder / f"people-{self.enrolled}.csv"
        hour, today = datetime.now(UTC).hour, datetime.now(UTC).date()
        zone = f"Etc/GMT{hour - 12:+}"  # where it is about noon; the sign says how far UTC is ahead
        with file.open("w", newline="") as opened:
            writer = csv.writer(opened)
            writer.writerow(["code", "zone", "language", "enrolled_on", "birth_date", "phone", "email"])
            for n in range(self.enrolled, self.enrolled + people):
                phone = f"+1{AREAS[n // 10_000]}555{n % 10_000:04}"
                writer.writerow([f"P-{n}", zone, "en", today, "1970-05-04", phone, f"p{n}@example.org"])
        done = await self.command("participant", "import", "--yes", str(file))
        self.enrolled += people if done else 0
        return done

    def _post(self, message: str, recipient: str, body: str) -> None:
        """A mail has come; called in the thread of the mail catcher."""
        self._loop.call_soon_threadsafe(self.people.open_mail, message, recipient, body)

    def names(self) -> list[str]:
        """All processes of the product."""
        return list(self._parts)

    def of_kind(self, kind: str) -> list[str]:
        """The processes that run a part."""
        return [name for name, parts in self._parts.items() if kind in parts]

    def one_of(self, kind: str, dice: Random) -> str:
        """One of the processes that run a part."""
        return dice.choice(self.of_kind(kind))

    def kill_part(self, name: str) -> None:
        """End a process at once; the supervisor leaves it down."""
        self._down.add(name)
        self._running[name].kill()
        self._running[name].wait()

    def signal_part(self, name: str, number: signal.Signals) -> None:
        """Send a signal to a process."""
        self._running[name].send_signal(number)

    async def end_part(self, name: str) -> float:
        """SIGTERM to a process; how many seconds it took to end. One that does not end is killed, and told of."""
        self._down.add(name)
        process, began = self._running[name], time.monotonic()
        process.terminate()
        try:
            await asyncio.to_thread(process.wait, EXIT_WITHIN)
        except subprocess.TimeoutExpired:
            self.wrong.append(f"DID-NOT-END {name} in {EXIT_WITHIN:.0f} s")
            process.kill()
            process.wait()
        return time.monotonic() - began

    def start_part(self, name: str) -> None:
        """Start a process."""
        with (self.folder / f"{name}.log").open("ab") as output:
            self._running[name] = subprocess.Popen(
                [COMMAND, "run", *self._parts[name]], env=self._environment_of(name), stdout=output, stderr=output
            )
        self._down.discard(name)

    def _environment_of(self, name: str) -> Mapping[str, str]:
        return {**self._env, **(self.clocks.environment(name) if self.clocks else {})}

    async def _supervise(self) -> None:
        """Start again what ended by itself, as a service manager does."""
        while True:
            await asyncio.sleep(SUPERVISES_EVERY)
            for name, process in list(self._running.items()):
                if name not in self._down and process.poll() is not None:
                    self.log.note("ended", part=name, code=process.returncode)
                    self.start_part(name)

    def _environment(self, carrier_url: str) -> dict[str, str]:
        port = free_port()
        self.carrier.public_url = f"http://127.0.0.1:{port}"
        settings = {
            "DATABASE_URL": self.database.url,
            "KAFKA_BOOTSTRAP": self.broker.address,
            "KAFKA_IDEMPOTENT": str(self.broker.idempotent).lower(),
            "KAFKA_REPLICATION": str(self.broker.replication),
            "VAULT_KEY": secrets.token_hex(32),
            "LINK_KEY": secrets.token_hex(32),
            "PUBLIC_URL": self.carrier.public_url,
            "WEB_PORT": str(port),
            "TWILIO_URL": carrier_url,
            "TWILIO_ACCOUNT_SID": ACCOUNT,
            "TWILIO_AUTH_TOKEN": TOKEN,
            "TWILIO_SENDER": NUMBER,
            "SMS_SEGMENTS_PER_SECOND": "100",
            "SMTP_URL": f"smtp+plain://127.0.0.1:{self._mail.port}",
            "EMAIL_FROM": "Test Clinic <pro@example.org>",
            "HOME": str(self.folder),
        }
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("PRO_")}
        return {**inherited, **{f"PRO_{name}": value for name, value in settings.items()}}
