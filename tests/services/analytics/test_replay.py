"""The published answer of a published trial, from raw records to what a reader gets."""

import pytest

from tests.services.analytics.trial import Trial


def test_the_replay_gives_the_published_medians_and_log_rank_chi_square(freireich: Trial) -> None:
    freireich.publish()
    for arm, weeks in (("6-MP", 23.0), ("control", 8.0)):
        row = freireich.one("closed", "median", group=arm)
        assert (row["value"], row["unit"], row["status"]) == (weeks, "weeks", "OK")
    plain = freireich.one("closed", "logrank_chi_square")
    assert plain["value"] == pytest.approx(16.7929409892, rel=1e-8)
    assert plain["contrast"] == "6-MP vs control"
    by_pair = freireich.one("closed", "stratified_logrank_chi_square")
    assert by_pair["value"] == pytest.approx(10.7142857143, rel=1e-8)
