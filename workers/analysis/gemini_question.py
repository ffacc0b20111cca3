"""What Gemini is asked: the pack as its instruction and schema, the asset's name and its frames."""

import json
from collections.abc import Mapping, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

from core.errors import MediaUnreadable
from core.pack import Pack
from core.run import Asset
from core.settings import Settings

INLINE_MOST_BYTES = 14_000_000
"""Vertex AI takes requests of 20 MB; frames grow by a third on the way."""
_JPEG, _PNG = b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n"
_SCHEMA_WORDS = frozenset(
    [
        "type",
        "format",
        "title",
        "description",
        "enum",
        "items",
        "prefixItems",
        "minItems",
        "maxItems",
        "minimum",
        "maximum",
        "anyOf",
        "oneOf",
        "properties",
        "additionalProperties",
        "required",
        "propertyOrdering",
        "$ref",
        "$defs",
        "$id",
        "$anchor",
    ]
)


def constant_body(pack: Pack, settings: Settings) -> dict[str, Any]:
    """What every question of a pack says alike: generationConfig and systemInstruction."""
    hints = pack.hints.get("gemini", {})
    generation: dict[str, Any] = {
        "temperature": hints.get("temperature", settings.gemini.temperature),
        "maxOutputTokens": hints.get("max_output_tokens", settings.gemini.max_output_tokens),
        "candidateCount": 1,
        "responseMimeType": "application/json",
        "responseJsonSchema": answer_schema(pack.schema),
    }
    if "thinking_budget" in hints:
        generation["thinkingConfig"] = {"thinkingBudget": hints["thinking_budget"]}
    if "media_resolution" in hints:
        generation["mediaResolution"] = hints["media_resolution"]
    return {"generationConfig": generation, "systemInstruction": {"parts": [{"text": pack.prompt}]}}


def answer_schema(schema: Mapping[str, Any]) -> dict[str, Any]:
    """The schema without the words that Vertex AI refuses; what they ask is checked when the answer is here."""
    kept: dict[str, Any] = {}
    for word, value in schema.items():
        if word not in _SCHEMA_WORDS:
            continue
        if word in ("properties", "$defs"):
            kept[word] = {name: answer_schema(inner) for name, inner in value.items()}
        elif word in ("anyOf", "oneOf", "prefixItems"):
            kept[word] = [answer_schema(inner) for inner in value]
        else:
            kept[word] = answer_schema(value) if isinstance(value, Mapping) else value
    return kept


def words_of(asset: Asset, problem: str) -> str:
    """The asset's own part of the question."""
    lines = [f"Asset: {asset.asset_id}"]
    if asset.location:
        lines.append(f"Location: {asset.location}")
    lines.append(f"Frames: {len(asset.frames)}, all of this one asset.")
    if problem:
        lines.append(f"Your last answer broke the schema: {problem}. Answer again, and keep to it.")
    return "\n".join(lines)


def read_frame(path: Path) -> tuple[bytes, str]:
    """The frame as Gemini takes it, and its media type; what is neither JPEG nor PNG is made a JPEG."""
    try:
        data = path.read_bytes()
        if data.startswith(_JPEG):
            return data, "image/jpeg"
        if data.startswith(_PNG):
            return data, "image/png"
        from PIL import Image

        made = BytesIO()
        with Image.open(BytesIO(data)) as picture:
            picture.convert("RGB").save(made, "JPEG", quality=92)
    except (OSError, ValueError):
        raise MediaUnreadable(file=path.name) from None
    return made.getvalue(), "image/jpeg"


def batch_line(pack_body: Mapping[str, Any], asset: Asset, frames: Sequence[tuple[str, str]], key: str) -> str:
    """One line of a batch's JSONL: frames as (gs:// address, media type); `key` comes back with the answer."""
    parts: list[dict[str, Any]] = [{"text": words_of(asset, "")}]
    parts += [{"fileData": {"fileUri": uri, "mimeType": media_type}} for uri, media_type in frames]
    request = {**pack_body, "contents": [{"role": "user", "parts": parts}], "labels": {"asset": key}}
    return json.dumps({"request": request}, ensure_ascii=False)
