"""The JSON Schema of an endpoint file, for editors, generated from the models that read it."""

from typing import Any

from pro_collector.domain.endpoints.definition import EndpointFile


def endpoint_schema() -> dict[str, Any]:
    """JSON Schema (draft 2020-12) of an endpoint file."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:pro-collector:schema:endpoints",
        **EndpointFile.model_json_schema(),
        "title": "pro-collector endpoint file",
    }
