"""The define document says what is in the files, and keeps the official schema."""

import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import odmlib
import pytest
from lxml import etree

from services.analytics.domain.adam.files import dataset_files
from services.analytics.domain.adam.value_level import WITHHELD
from services.analytics.domain.results import OutputClass
from tests.services.analytics.domain.adam.night import derived, nct
from tests.services.analytics.domain.adam.test_datasets import story

NS = {"o": "http://www.cdisc.org/ns/odm/v1.3", "def": "http://www.cdisc.org/ns/def/v2.1"}
DEF = "{http://www.cdisc.org/ns/def/v2.1}"


@cache
def schema() -> etree.XMLSchema:
    folder = Path(str(odmlib.__file__)).parent / "schemas" / "define" / "2.1"
    return etree.XMLSchema(etree.parse(folder / "define2-1-0.xsd"))


@cache
def files(output_class: OutputClass) -> dict[str, bytes]:
    made = dataset_files(nct(), derived(story()), output_class, "0.1.0")
    return {each.name: each.content for each in made}


def define(output_class: OutputClass) -> etree._Element:
    return etree.fromstring(files(output_class)["define.xml"])


def datasets(output_class: OutputClass) -> Iterator[dict[str, object]]:
    for name, content in files(output_class).items():
        if name.endswith(".json"):
            yield json.loads(content)


@pytest.mark.parametrize("output_class", list(OutputClass))
def test_the_document_keeps_the_official_schema(output_class: OutputClass) -> None:
    schema().assertValid(define(output_class))


@pytest.mark.parametrize("output_class", list(OutputClass))
def test_it_describes_every_column_of_every_file_in_its_order_and_no_other(
    output_class: OutputClass,
) -> None:
    root = define(output_class)
    items = {each.get("OID"): each for each in root.iterfind(".//o:ItemDef", NS)}
    groups = {each.get("Name"): each for each in root.iterfind(".//o:ItemGroupDef", NS)}
    found = {str(each["name"]): each for each in datasets(output_class)}
    assert list(groups) == list(found)
    for name, dataset in found.items():
        described = [items[ref.get("ItemOID")] for ref in groups[name].iterfind("o:ItemRef", NS)]
        columns = dataset["columns"]
        assert isinstance(columns, list)
        assert [each.get("Name") for each in described] == [each["name"] for each in columns]
        assert [each.findtext("o:Description/o:TranslatedText", namespaces=NS)
                for each in described] == [each["label"] for each in columns]  # fmt: skip
        assert [each.get("OID") for each in described] == [each["itemOID"] for each in columns]
        leaf = groups[name].find("def:leaf", NS)
        assert leaf.get("{http://www.w3.org/1999/xlink}href") in files(output_class)


@pytest.mark.parametrize("output_class", list(OutputClass))
def test_every_variable_has_an_origin_and_every_derived_one_its_derivation_in_words(
    output_class: OutputClass,
) -> None:
    root = define(output_class)
    methods = {each.get("OID"): each for each in root.iterfind(".//o:MethodDef", NS)}
    referred = {each.get("ItemOID"): each.get("MethodOID")
                for each in root.iterfind(".//o:ItemRef", NS)}  # fmt: skip
    for item in root.iterfind(".//o:ItemDef", NS):
        origin = item.find("def:Origin", NS)
        method = referred[item.get("OID")]
        assert (origin.get("Type") == "Derived") is (method is not None)
        told = origin if method is None else methods[method]
        assert len(told.findtext("o:Description/o:TranslatedText", namespaces=NS)) > 5
    assert set(methods) == {each for each in referred.values() if each is not None}


def test_every_coded_value_of_a_file_is_in_its_list_of_codes() -> None:
    root = define(OutputClass.CLOSED)
    lists = {
        each.get("OID"): {item.get("CodedValue") for item in each.iterfind("o:CodeListItem", NS)}
        for each in root.iterfind(".//o:CodeList", NS)
    }
    coded = {
        each.get("OID"): lists[each.find("o:CodeListRef", NS).get("CodeListOID")]
        for each in root.iterfind(".//o:ItemDef", NS)
        if each.find("o:CodeListRef", NS) is not None
    }
    assert len(coded) > 20
    for dataset in datasets(OutputClass.CLOSED):
        columns, rows = dataset["columns"], dataset["rows"]
        assert isinstance(columns, list)
        assert isinstance(rows, list)
        for place, column in enumerate(columns):
            if column["itemOID"] in coded:
                values = {str(row[place]) for row in rows if row[place] is not None}
                assert values <= coded[column["itemOID"]], column["itemOID"]


@pytest.mark.parametrize("output_class", list(OutputClass))
def test_every_parameter_says_what_its_values_are(
    output_class: OutputClass,
) -> None:
    root = define(output_class)
    items = {each.get("OID"): each for each in root.iterfind(".//o:ItemDef", NS)}
    clauses = {
        each.get("OID"): (each.find("o:RangeCheck", NS).get(f"{DEF}ItemOID"),
                          each.findtext("o:RangeCheck/o:CheckValue", namespaces=NS))
        for each in root.iterfind(".//def:WhereClauseDef", NS)
    }  # fmt: skip
    found = {str(each["name"]): each for each in datasets(output_class)}
    told_by = [("ADTTE", "AVAL"), ("ADRS", "AVAL"), ("ADRS", "AVALC"), ("ADRS", "ANL01FL")]
    if output_class is OutputClass.CLOSED:
        told_by += [(name, of) for name in ("ADPC", "ADPP") for of in ("AVAL", "AVALC", "AVALU")]
    for name, variable in told_by:
        of_all = items[f"IT.{name}.{variable}"].find("def:ValueListRef", NS)
        (listed,) = root.xpath(
            "//def:ValueListDef[@OID=$oid]", oid=of_all.get("ValueListOID"), namespaces=NS
        )
        told = {}
        for reference in listed.iterfind("o:ItemRef", NS):
            clause = reference.find("def:WhereClauseRef", NS).get("WhereClauseOID")
            by, parameter = clauses[clause]
            assert by == f"IT.{name}.PARAMCD"
            told[parameter] = items[reference.get("ItemOID")]
        columns, rows = found[name]["columns"], found[name]["rows"]
        assert isinstance(columns, list)
        assert isinstance(rows, list)
        places = {each["name"]: place for place, each in enumerate(columns)}
        with_values = {row[places["PARAMCD"]] for row in rows if row[places[variable]] is not None}
        assert with_values
        assert with_values <= told.keys()


def test_a_coded_value_of_a_parameter_is_in_the_list_of_that_parameter() -> None:
    root = define(OutputClass.CLOSED)
    lists = {
        each.get("OID"): {item.get("CodedValue") for item in each.iterfind("o:CodeListItem", NS)}
        for each in root.iterfind(".//o:CodeList", NS)
    }
    (found,) = [each for each in datasets(OutputClass.CLOSED) if each["name"] == "ADRS"]
    columns, rows = found["columns"], found["rows"]
    assert isinstance(columns, list)
    assert isinstance(rows, list)
    names = [each["name"] for each in columns]
    seen = {(row[names.index("PARAMCD")], row[names.index("AVALC")]) for row in rows}
    assert {("OVRLRESP", "CR"), ("MRDNEG", "N")} <= seen
    for parameter, value in seen:
        (item,) = root.xpath(
            "//o:ItemDef[@OID=$oid]", oid=f"IT.ADRS.AVALC.{parameter}", namespaces=NS
        )
        assert value in lists[item.find("o:CodeListRef", NS).get("CodeListOID")]


def test_an_open_document_does_not_say_how_a_withheld_value_comes_about() -> None:
    opened, closed = (
        root.xpath("string(//o:MethodDef[@OID='MT.ADTTE.AVAL.OS']/o:Description)", namespaces=NS)
        for root in (define(OutputClass.OPEN), define(OutputClass.CLOSED))
    )
    assert opened.strip() == WITHHELD
    assert "first dose, or randomization where never dosed" in closed
    assert "Death" in closed


def test_a_concentration_says_which_sample_it_is_and_what_one_below_the_limit_counts_as() -> None:
    told = {
        each.get("OID"): each.findtext("o:Description/o:TranslatedText", namespaces=NS)
        for each in define(OutputClass.CLOSED).iterfind(".//o:MethodDef", NS)
    }
    peak, trough = (told[f"MT.ADPP.AVAL.{code}"] for code in ("PKCMAX", "PKTROUGH"))
    assert "timepoint is END_OF_INFUSION" in peak
    assert "timepoint is PRE_DOSE" in trough
    assert "counts as 0" in peak
    (item,) = define(OutputClass.CLOSED).xpath(
        "//o:ItemDef[@OID='IT.ADPC.AVAL.CONCENTR']", namespaces=NS
    )
    assert item.find("def:Origin", NS).get("Type") == "Collected"
    assert not [oid for oid in told if oid.startswith("MT.ADPP") and "CONCENTR" in oid]


def test_lengths_are_those_of_the_longest_text() -> None:
    (item,) = define(OutputClass.CLOSED).xpath("//o:ItemDef[@OID='IT.ADTTE.SRCDOM']", namespaces=NS)
    assert item.get("Length") == str(len("survival_status"))
    (value,) = define(OutputClass.CLOSED).xpath("//o:ItemDef[@OID='IT.ADPP.AVAL']", namespaces=NS)
    assert (value.get("DataType"), value.get("SignificantDigits")) == ("float", "1")


def test_the_page_tells_every_variable_and_the_open_one_names_no_arm() -> None:
    closed, opened = (files(each)["define.html"].decode() for each in (
        OutputClass.CLOSED, OutputClass.OPEN))  # fmt: skip
    for dataset in datasets(OutputClass.CLOSED):
        columns = dataset["columns"]
        assert isinstance(columns, list)
        assert all(f">{each['name']}<" in closed for each in columns)
    assert "CONFIDENTIAL" in closed
    assert "CONFIDENTIAL" not in opened
    arms = re.compile(r"(?<![a-z])INO(?![a-z])|ALLR3|TRT01P|SAFFL")
    assert arms.search(closed)
    for name, content in files(OutputClass.OPEN).items():
        if not name.endswith(".xpt"):
            assert arms.findall(content.decode()) == []
