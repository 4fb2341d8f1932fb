"""The JSON Schema of a share file, for editors, generated from the model that reads it."""

from typing import Any

from pro_collector.domain.research.sharing import ShareFile


def share_schema() -> dict[str, Any]:
    """JSON Schema (draft 2020-12) of a share file."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:pro-collector:schema:share",
        **ShareFile.model_json_schema(),
        "title": "pro-collector share file",
    }
