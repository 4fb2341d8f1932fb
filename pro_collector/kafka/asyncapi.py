"""Makes the AsyncAPI document of all published events, for the authors of other consumers."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic.json_schema import models_json_schema

from pro_collector import __version__, tracing
from pro_collector.domain.event import Event
from pro_collector.domain.event_schemas import schema_id
from pro_collector.domain.events import EVENTS, TreatmentReported
from pro_collector.domain.stream_events import COMPACTED
from pro_collector.kafka.connection import SOURCE, brokers
from pro_collector.kafka.topics import COMPACTION
from pro_collector.settings import Settings

Json = Mapping[str, Any]
_REF = "#/components/schemas/{model}"
_ABOUT = (
    "What pro-collector publishes: ids, codes and numbers, never identity or words of patients. Ignore fields that you "
    "do not know: a release may add some, and takes none away. `treatment.reported` is what others publish for it."
)


def asyncapi(settings: Settings) -> str:
    """Return the AsyncAPI 3.0 document of an installation as JSON: its brokers, its topics, their headers and values.

    It has no secret: a server that needs a login says only which kind.
    """
    _, schemas = models_json_schema([(event, "serialization") for event in EVENTS.values()], ref_template=_REF)
    document = {
        "asyncapi": "3.0.0",
        "info": {
            "title": SOURCE,
            "version": __version__,
            "description": _ABOUT,
            "license": {"name": "Apache-2.0"},
            "tags": [{"name": "patient-reported outcomes"}, {"name": "cloudevents"}],
        },
        "defaultContentType": "application/json",
        "servers": dict(_servers(settings)),
        "channels": {event.__name__: _channel(event, settings) for event in EVENTS.values()},
        "operations": {
            event.__name__: {
                "action": "receive" if event is TreatmentReported else "send",
                "summary": event.__doc__,
                "channel": {"$ref": f"#/channels/{event.__name__}"},
            }
            for event in EVENTS.values()
        },
        "components": {
            "messages": {event.__name__: _message(event) for event in EVENTS.values()},
            "schemas": schemas["$defs"],
        },
    }
    return json.dumps(document, indent=2, ensure_ascii=False)


def _servers(settings: Settings) -> Iterator[tuple[str, Json]]:
    secured = settings.kafka_security_protocol.endswith("SSL")
    login = settings.kafka_security_protocol.startswith("SASL")
    for n, address in enumerate(brokers(settings), start=1):
        server = {"host": address, "protocol": "kafka-secure" if secured else "kafka"}
        kind = {"PLAIN": "plain", "SCRAM-SHA-256": "scramSha256", "SCRAM-SHA-512": "scramSha512"}
        security = {"security": [{"type": kind[settings.kafka_sasl_mechanism]}]} if login else {}
        yield f"broker{n}", {**server, **security}


def _channel(event: type[Event], settings: Settings) -> Json:
    topic = f"{settings.kafka_prefix}{event.type}"
    compacted = {"cleanup.policy": ["compact"], "delete.retention.ms": int(COMPACTION["delete.retention.ms"])}
    configuration = {"topicConfiguration": compacted} if event.type in COMPACTED else {}
    return {
        "address": topic,
        "description": event.__doc__,
        "messages": {event.__name__: {"$ref": f"#/components/messages/{event.__name__}"}},
        "bindings": {
            "kafka": {
                "topic": topic,
                "partitions": settings.kafka_partitions,
                "replicas": settings.kafka_replication,
                **configuration,
                "bindingVersion": "0.5.0",
            }
        },
    }


def _message(event: type[Event]) -> Json:
    whose = "the thing that the record is the newest state of" if event.type in COMPACTED else "the participant"
    return {
        "name": event.type,
        "title": event.__name__,
        "summary": event.__doc__,
        "contentType": "application/json",
        "headers": _headers(event),
        "payload": {"$ref": _REF.format(model=event.__name__)},
        "bindings": {
            "kafka": {
                "key": {"type": "string", "format": "uuid", "description": f"id of {whose}"},
                "bindingVersion": "0.5.0",
            }
        },
    }


def _headers(event: type[Event]) -> Json:
    """The attributes of CloudEvents 1.0 in Kafka's binary mode."""
    text, id = {"type": "string"}, {"type": "string", "format": "uuid"}
    attributes: dict[str, Json] = {
        "ce_specversion": {**text, "const": "1.0"},
        "ce_id": {**id, "description": "with the source, unique: a record with the same id is the same event"},
        "ce_type": {**text, "const": event.type},
        "ce_source": {**text, **({} if event is TreatmentReported else {"const": SOURCE})},
        "ce_subject": {**id, "description": "the participant; of a key that an erasure deletes, the erasure"},
        "ce_time": {**text, "format": "date-time"},
        "ce_dataschema": {**text, "const": schema_id(event.type)},
        "ce_dataversion": {**text, "description": "version of pro-collector that published it"},
        "content-type": {**text, "const": "application/json"},
    }
    trace = {tracing.HEADER: {**text, "description": "W3C trace context, where traces are on"}}
    return {"type": "object", "required": list(attributes), "properties": {**attributes, **trace}}
