"""After a rejection the same cases go out under a new batch number and a new instant."""

from datetime import datetime, timedelta, timezone

import pytest

from services.safety.e2b.acknowledgement.matching import submission_of
from services.safety.e2b.resubmission import resubmission
from services.safety.e2b.rules.issues import Profile
from services.safety.e2b.values import Stamp
from tests.services.safety.e2b import reports
from tests.services.safety.e2b.mutations import ids

_LATER = datetime(2026, 4, 9, 9, tzinfo=timezone(timedelta(hours=2)))


def test_only_the_batch_number_and_the_instants_are_new() -> None:
    first = reports.batch()
    again = resubmission(first, "BATCH-0002", _LATER)
    moment = Stamp("20260409090000+0200")
    told, before = again.messages[0].report, first.messages[0].report
    assert (again.n_1_2, again.n_1_5) == ("BATCH-0002", moment)
    assert (again.messages[0].n_2_r_4, told.c_1.c_1_2) == (moment, moment)
    assert (told.c_1.c_1_1, told.c_1.c_1_8_1, told.c_1.c_1_4) == (
        before.c_1.c_1_1,
        before.c_1.c_1_8_1,
        before.c_1.c_1_4,
    )
    assert (told.e_i, told.g_k, told.h) == (before.e_i, before.g_k, before.h)
    assert ids(again, Profile.FDA_IND, previous=before) == set()
    assert submission_of(again) != submission_of(first)


def test_the_old_number_is_never_used_again() -> None:
    with pytest.raises(ValueError, match="number of its own"):
        resubmission(reports.batch(), "BATCH-0001", _LATER)
