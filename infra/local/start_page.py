"""The page a person finds at the address of a local stack."""

from html import escape

_PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Induct</title>
<style>:root{{color-scheme:light dark}}body{{font:17px/1.6 system-ui,sans-serif;max-width:42rem;
margin:4rem auto}}code{{font:15px ui-monospace,monospace}}li{{margin:.4rem 0}}</style>
<h1>Induct</h1><p>The backend of a randomized trial, running on this machine.</p>
<ul>{links}</ul>
<p>A token: <code>induct token --role coordinator --site S01 --study NCT05748171</code></p>
<p>A real trial through these interfaces: <code>make demo</code></p></html>"""

_WORDS = {
    "randomization": "sites, lists, allocations",
    "assessments": "children and what is observed of them",
    "safety": "serious adverse events and their due dates",
    "analytics": "nightly results and figures",
}


def start_page(services: list[str]) -> str:
    """HTML with a link to each service's documentation."""
    links = "".join(
        f'<li><a href="/{escape(s)}/docs">{escape(s)}</a>: {escape(_WORDS.get(s, ""))}</li>'
        for s in services
    )
    return _PAGE.format(links=links)
