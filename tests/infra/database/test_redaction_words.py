"""However words are spelled in a file format, they are found and marked, and the file stays one."""

import csv
import html
import io
import json
from xml.etree import ElementTree

from hypothesis import given
from hypothesis import strategies as st

from tests.support.database import TestDatabase, TestServer

MARK = "[redacted 1]"
# A text has lines, and no other control characters; surrogates are no characters.
LETTERS = st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="·—") | st.just("\n")
WORDS = st.text(LETTERS, min_size=6, max_size=20).filter(lambda words: words.strip() == words)
AROUND = st.text(st.sampled_from("·—"), max_size=5)


def xml(said: str) -> str:
    element = ElementTree.Element("told", {"as": said})
    element.text = said
    return ElementTree.tostring(element, encoding="unicode")


def as_csv(said: str) -> str:
    out = io.StringIO()
    csv.writer(out, quoting=csv.QUOTE_ALL).writerow(["a", said])
    return out.getvalue()


SPELLED = {
    "text": lambda said: said,
    "json": lambda said: json.dumps({"said": said}, ensure_ascii=False),
    "ascii json": lambda said: json.dumps({"said": said}),
    "json in json": lambda said: json.dumps({"deep": json.dumps([said])}),
    "raw json in json": lambda said: json.dumps(
        {"deep": json.dumps([said], ensure_ascii=False)}, ensure_ascii=False
    ),
    "xml": xml,
    "html": html.escape,
    "csv": as_csv,
}
_ASK = """
    SELECT platform.words_in(v, s), platform.marked(v, s, %(mark)s),
           platform.words_in(convert_to(v, 'UTF8'), s),
           convert_from(platform.marked(convert_to(v, 'UTF8'), s, %(mark)s), 'UTF8')
    FROM (SELECT %(told)s::text AS v, platform.spellings(%(words)s) AS s) AS t
"""


def test_words_are_marked_in_every_format_and_nothing_else_is(
    server: TestServer, database: TestDatabase
) -> None:
    with database.admin() as admin:

        @given(WORDS, AROUND, AROUND)
        def marks(words: str, before: str, after: str) -> None:
            said, wanted = f"{before}{words}{after}", f"{before}{MARK}{after}"
            for name, spell in SPELLED.items():
                told = spell(said)
                asked = {"mark": MARK, "told": told, "words": words}
                row = admin.execute(_ASK, asked).fetchone()
                assert row is not None
                found, marked, in_bytes, marked_bytes = row
                assert found == in_bytes >= 1, name
                assert marked == marked_bytes == spell(wanted), name

        marks()


def test_jsonb_and_lists_stay_what_they_are(database: TestDatabase) -> None:
    told = json.dumps({"a": ['Jája "x" Nová', 5], "b": {"c": 'Jája "x" Nová'}})
    (row,) = database.rows(
        "SELECT platform.marked(%s::jsonb, s, 'X'), platform.marked(ARRAY['Jája \"x\" Nová', 'b'],"
        " s, 'X'), platform.marked(NULL::text[], s, 'X'), platform.marked('{}'::text[], s, 'X')"
        " FROM platform.spellings('Jája \"x\" Nová') AS s",
        told,
    )
    assert row == ({"a": ["X", 5], "b": {"c": "X"}}, ["X", "b"], None, [])
