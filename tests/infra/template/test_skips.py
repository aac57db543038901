"""What a policy tool is told not to look at has a reason beside it."""

import re

from infra.local.home import PROJECT
from tests.infra.template.templates import resources


def test_a_check_that_is_skipped_everywhere_stands_under_its_reason() -> None:
    lines = (PROJECT / "infra/aws/checkov.yaml").read_text(encoding="utf-8").splitlines()
    skipped = [number for number, line in enumerate(lines) if line.startswith("  - CKV")]
    assert skipped
    for number in skipped:
        assert lines[number - 1].startswith("  # "), lines[number]


def test_a_check_that_is_skipped_once_has_its_reason_at_the_resource() -> None:
    told = [
        (str(each), skip)
        for each in resources()
        for skip in each.whole.get("Metadata", {}).get("checkov", {}).get("skip", [])
    ]
    assert told
    for where, skip in told:
        assert re.fullmatch(r"CKV2?_AWS_\d+", skip["id"]), where
        assert len(skip["comment"].split()) >= 5, where
    image = (PROJECT / "services/analytics/Dockerfile").read_text(encoding="utf-8")
    for reason in re.findall(r"# checkov:skip=CKV_DOCKER_\d+:(.*)", image):
        assert len(reason.split()) >= 5
