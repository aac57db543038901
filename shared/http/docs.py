"""A page that documents an API from its OpenAPI document: no script, no internet."""

from html import escape
from typing import Any

_STYLE = """
:root { color-scheme: light dark; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; }
code, pre { font: 14px/1.4 ui-monospace, monospace; }
pre { background: color-mix(in srgb, currentColor 7%, transparent); padding: .8rem; }
pre { overflow: auto; }
h2 { margin-top: 2.5rem; border-top: 1px solid; padding-top: 1rem; font-size: 1.1rem; }
h2 b { display: inline-block; min-width: 4rem; }
table { border-collapse: collapse; } td, th { text-align: left; padding: .2rem .8rem .2rem 0; }
nav li { list-style: none; }
"""
# Headers that every change has, told once at the top.
_EVERYWHERE = frozenset({"Idempotency-Key", "If-Match"})


def docs_page(document: dict[str, Any]) -> str:
    """The whole page as HTML."""
    info = document["info"]
    schemas = document.get("components", {}).get("schemas", {})
    operations = [
        (method, path, operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]
    links = "".join(
        f'<li><a href="#{_anchor(m, p)}"><code>{m.upper()} {escape(p)}</code></a></li>'
        for m, p, _ in operations
    )
    sections = "".join(_section(m, p, o, schemas) for m, p, o in operations)
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{escape(info["title"])}'
        f"</title><style>{_STYLE}</style><h1>{escape(info['title'])} {escape(info['version'])}</h1>"
        f"<p>{escape(info.get('description', ''))}</p>"
        f"<p>{_entry(document)}The machine-readable description is "
        '<a href="openapi.json">openapi.json</a>.</p>'
        f"<nav><ul>{links}</ul></nav>{sections}</html>"
    )


def _entry(document: dict[str, Any]) -> str:
    """What every call needs."""
    schemes = document.get("components", {}).get("securitySchemes", {})
    if "bearer" in schemes:
        return "Every call needs a bearer token; every change an <code>Idempotency-Key</code>. "
    return "".join(
        f"Who calls is known by {escape(s.get('scheme') or s['name'])} "
        f"({escape(s['type'])}). {escape(s.get('description', ''))} "
        for s in schemes.values()
    )


def _anchor(method: str, path: str) -> str:
    return escape(f"{method}-{path}".replace("/", "-").replace("{", "").replace("}", ""))


def _section(method: str, path: str, operation: dict[str, Any], schemas: dict[str, Any]) -> str:
    title = (
        f'<h2 id="{_anchor(method, path)}"><b>{method.upper()}</b> <code>{escape(path)}</code></h2>'
    )
    parts = [
        title,
        f"<p>{escape(operation.get('description') or operation.get('summary', ''))}</p>",
    ]
    parameters = [p for p in operation.get("parameters", []) if p["name"] not in _EVERYWHERE]
    if parameters:
        parts.append(_parameters(parameters))
    body = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
    if body:
        parts.append(_example("Request", body, schemas))
    for status, response in operation["responses"].items():
        content: dict[str, Any] = next(iter(response.get("content", {}).values()), {})
        parts.append(f"<p><b>{escape(status)}</b> {escape(response.get('description', ''))}</p>")
        if content and status.startswith("2"):
            parts.append(_example("", content, schemas))
    return "".join(parts)


def _parameters(parameters: list[dict[str, Any]]) -> str:
    rows = "".join(
        f"<tr><td><code>{escape(p['name'])}</code></td><td>{escape(p['in'])}</td>"
        f"<td>{escape(p.get('description', ''))}</td></tr>"
        for p in parameters
    )
    return f"<table><tr><th>Parameter</th><th>in</th><th></th></tr>{rows}</table>"


def _example(title: str, content: dict[str, Any], schemas: dict[str, Any]) -> str:
    import json

    shown = content.get("example") or _sample(content.get("schema", {}), schemas, 0)
    heading = f"<p><b>{title}</b></p>" if title else ""
    return f"{heading}<pre>{escape(json.dumps(shown, indent=2, ensure_ascii=False))}</pre>"


def _sample(schema: dict[str, Any], schemas: dict[str, Any], depth: int) -> Any:
    """A value that shows the shape of a schema: its examples where it has any."""
    if "$ref" in schema:
        schema = schemas.get(schema["$ref"].rsplit("/", 1)[1], {})
    if schema.get("examples"):
        return schema["examples"][0]
    for choice in ("anyOf", "oneOf", "allOf"):
        if choice in schema:
            return _sample(schema[choice][0], schemas, depth)
    if "enum" in schema or "const" in schema:
        return schema.get("const", schema.get("enum", [None])[0])
    if schema.get("type") == "array":
        return [_sample(schema.get("items", {}), schemas, depth + 1)]
    if "properties" in schema and depth < 6:
        return {n: _sample(s, schemas, depth + 1) for n, s in schema["properties"].items()}
    return {"integer": 1, "number": 1.5, "boolean": True, "object": {}}.get(
        schema.get("type", ""), schema.get("format", schema.get("type", "..."))
    )
