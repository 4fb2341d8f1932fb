"""What strangers do in Kafka: records that are no events, every record once more, offsets set back."""

from collections.abc import Sequence

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

PREFIX = "pro."
GARBAGE: Sequence[bytes | None] = (b"", None, b"\xff\xfe", b"{", b"null", b'{"POISON":' * 5000)
HEADERS: Sequence[tuple[str, bytes | None]] = (("x", b"\xff\xfe"), ("ce_id", None))


async def poison(address: str) -> int:
    """Put records that are no events into every topic; how many."""
    producer = AIOKafkaProducer(bootstrap_servers=address)
    await producer.start()
    count = 0
    try:
        for place in await _places(address):
            for value in GARBAGE:
                headers = [HEADERS[count % len(HEADERS)]]
                await producer.send_and_wait(place.topic, value, b"stranger", place.partition, headers=headers)
                count += 1
    finally:
        await producer.stop()
    return count


async def repeat_all(address: str) -> int:
    """Publish every record of every topic again, in the same partition; how many."""
    consumer, producer = AIOKafkaConsumer(bootstrap_servers=address), AIOKafkaProducer(bootstrap_servers=address)
    await consumer.start()
    await producer.start()
    count = 0
    try:
        places = await _places(address)
        ends = await consumer.end_offsets(places)
        consumer.assign(places)
        await consumer.seek_to_beginning(*places)
        while any([await consumer.position(place) < ends[place] for place in places]):
            for place, records in (await consumer.getmany(timeout_ms=500)).items():
                for record in records:
                    if record.offset < ends[place]:
                        await producer.send(
                            place.topic, record.value, record.key, place.partition, headers=list(record.headers)
                        )
                        count += 1
        await producer.flush()
    finally:
        await consumer.stop()
        await producer.stop()
    return count


async def rewind(address: str) -> int:
    """Set the offsets of every group to the earliest; nobody may be in the groups. How many groups."""
    admin = AIOKafkaAdminClient(bootstrap_servers=address)
    await admin.start()
    try:
        groups = [name for name, *_ in await admin.list_consumer_groups() if name.startswith(PREFIX)]
    finally:
        await admin.close()
    places = await _places(address)
    for group in groups:
        consumer = AIOKafkaConsumer(bootstrap_servers=address, group_id=group, enable_auto_commit=False)
        await consumer.start()
        try:
            consumer.assign(places)
            await consumer.commit(dict.fromkeys(places, 0))
        finally:
            await consumer.stop()
    return len(groups)


async def _places(address: str) -> list[TopicPartition]:
    admin = AIOKafkaAdminClient(bootstrap_servers=address)
    await admin.start()
    try:
        described = await admin.describe_topics()
    finally:
        await admin.close()
    return [
        TopicPartition(topic["topic"], partition["partition"])
        for topic in described
        if topic["topic"].startswith(PREFIX)
        for partition in topic["partitions"]
    ]
