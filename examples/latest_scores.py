"""Keeps the newest scores of everybody, and prints each change as one line of JSON: `python latest_scores.py BROKER`.

It needs `pip install aiokafka`. `pro.` is the prefix of the topics (PRO_KAFKA_PREFIX).
"""

import asyncio
import json
import sys

from aiokafka import AIOKafkaConsumer


async def main(broker: str, prefix: str = "pro.") -> None:
    responses: dict[bytes, dict[str, object]] = {}
    consumer = AIOKafkaConsumer(f"{prefix}scores.latest", bootstrap_servers=broker, auto_offset_reset="earliest")
    async with consumer:
        async for record in consumer:
            if record.value is None:  # erased, so it must not stay here either
                print(
                    json.dumps({"deleted": record.key.decode(), "known": responses.pop(record.key, None) is not None}),
                    flush=True,
                )
                continue
            state = responses[record.key] = json.loads(record.value)
            print(json.dumps({name: state[name] for name in ("study_day", "cycle", "arm", "scores")}), flush=True)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
