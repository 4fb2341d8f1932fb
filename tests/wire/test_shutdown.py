"""A process whose shutdown hangs ends all the same: its supervisor need not kill it."""

import signal
import subprocess
import sys

HANGS = """
import asyncio, time
from pro_collector.cli.session import until_stopped

async def work():
    try:
        print("ready", flush=True)
        await asyncio.Event().wait()
    finally:
        time.sleep(600)  # so that the event loop hangs as well

until_stopped(work, within=0.2)
"""


def test_a_shutdown_that_hangs_ends_the_process_and_says_so() -> None:
    with subprocess.Popen([sys.executable, "-c", HANGS], stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout
            assert process.stdout.readline() == "ready\n"
            process.send_signal(signal.SIGTERM)
            assert process.wait(60) == 1
            assert "shutdown took too long" in process.stdout.read()
        finally:
            process.kill()
