"""`docs/protocol.md`, from the pydantic models of the wire."""

import inspect
from types import ModuleType
from typing import Any

from server.docs.markdown import code, table
from server.wire import base, chat, events, listen, panel, rest
from server.wire.export import BODIES, Schema, wire_schema

HEAD = f"""# Protocol

Generated from `server/wire/`; do not edit. Wire version: {base.WIRE_VERSION}.

Messages are JSON objects in snake_case, told apart by `type`; audio is binary. Unknown fields are refused.
Names and error codes are stable; the sentences in `message` are for people and may change.
Times called `at` are Unix seconds and for display only; `start` and `end` are seconds from the conversation's origin;
samples are counted per leg at its source rate. PCM is signed 16-bit little-endian."""

DOORS: tuple[tuple[str, ModuleType, tuple[tuple[str, str], ...]], ...] = (
    ("Audio: `/v1/listen`", listen, (("Sender", "ListenClientMessage"), ("Server", "ListenServerMessage"))),
    ("Agent's panel: `/v1/panel`", panel, (("Panel", "PanelClientMessage"), ("Server", "PanelServerMessage"))),
    ("Customer's chat: `/v1/chat`", chat, (("Page", "ChatClientMessage"), ("Server", "ChatServerMessage"))),
)


def protocol_page() -> str:
    """The page as text."""
    definitions: Schema = wire_schema()["definitions"]
    lines = [HEAD, ""]
    told: set[str] = set()
    for title, module, sides in DOORS:
        lines += [f"## {title}", "", inspect.getdoc(module) or "", ""]
        for side, union in sides:
            told.add(union)
            for tag, name in _members(definitions[union]):
                told.add(name)
                lines += [f"### {side}: {code(tag)}", "", *_message(definitions[name])]
    lines += ["## Events of a conversation", "", inspect.getdoc(events) or "", ""]
    told.add("Event")
    lines += ["### Event", "", *_message(definitions["Event"])]
    for tag, name in _members(definitions["Event"]["properties"]["payload"]):
        told.add(name)
        lines += [f"### Payload: {code(tag)}", "", *_message(definitions[name])]
    for module in BODIES:
        names = (set(definitions) & _own(module)) - told
        told |= names
        lines += [
            "## " + ("HTTP bodies" if module is rest else f"HTTP bodies: {module.__name__.rpartition('.')[2]}"),
            "",
        ]
        lines += [inspect.getdoc(module) or "", "", *_section(definitions, sorted(names))]
    lines += ["## Shared", "", *_section(definitions, sorted(set(definitions) - told))]
    return "\n".join(lines).rstrip() + "\n"


def _own(module: ModuleType) -> set[str]:
    return {name for name, value in vars(module).items() if getattr(value, "__module__", "") == module.__name__}


def _section(definitions: Schema, names: list[str]) -> list[str]:
    return [line for name in names for line in (f"### {name}", "", *_message(definitions[name]))]


def _members(union: Schema) -> list[tuple[str, str]]:
    """Tag and definition name of each message of a union, in the order of the code."""
    tags = {target: tag for tag, target in union["discriminator"]["mapping"].items()}
    return [(tags[option["$ref"]], option["$ref"].rsplit("/", 1)[-1]) for option in union["oneOf"]]


def _message(schema: Schema) -> list[str]:
    lines = [schema["description"], ""] if "description" in schema else []
    if "enum" in schema:
        return [*lines, "One of: " + ", ".join(code(value) for value in schema["enum"]) + ".", ""]
    fields = [row for name, field in schema.get("properties", {}).items() for row in _row(name, field, schema)]
    return [*lines, *table(("Field", "Type", "Default", "Meaning"), fields), ""] if fields else lines


def _row(name: str, field: Schema, schema: Schema) -> list[tuple[str, str, str, str]]:
    if name == "type" and "const" in field:
        return []
    default = "required" if name in schema.get("required", []) and "default" not in field else _default(field)
    return [(code(name), _type(field), default, field.get("description", ""))]


def _default(field: Schema) -> str:
    if "default" not in field:
        return "empty"
    return code("null" if field["default"] is None else field["default"])


def _type(field: Schema) -> str:
    if "$ref" in field:
        name = field["$ref"].rsplit("/", 1)[-1]
        return f"[{name}](#{name.lower()})"
    if "const" in field:
        return code(field["const"])
    if "enum" in field:
        return " or ".join(code(value) for value in field["enum"])
    if options := field.get("anyOf", field.get("oneOf")):
        if len(options) > 4:
            return "one of the payloads below"
        return " or ".join(_type(option) for option in options)
    return _plain_type(field)


def _plain_type(field: Schema) -> str:
    kind: Any = field.get("type", "any")
    if kind == "array":
        return "list of " + _type(field.get("items", {}))
    if kind == "object":
        values = field.get("additionalProperties", {})
        return "object of " + _type(values if isinstance(values, dict) else {})
    return f"{kind}{_limits(field)}"


def _limits(field: Schema) -> str:
    signs = {"minimum": "≥", "exclusiveMinimum": ">", "maximum": "≤", "exclusiveMaximum": "<"}
    bounds = [f"{sign} {field[key]}" for key, sign in signs.items() if key in field]
    if "maxLength" in field:
        bounds.append(f"{field.get('minLength', 0)} to {field['maxLength']} characters")
    return f" ({', '.join(bounds)})" if bounds else ""
