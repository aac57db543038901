from services.analytics.figure_labels import GAP, Box, place_labels


def test_a_name_stands_beside_the_end_of_its_curve() -> None:
    (box,) = place_labels([(100.0, 50.0)], [(30.0, 10.0)], [])
    assert box == Box(100.0 + GAP, 45.0, 30.0, 10.0)


def test_a_name_stays_above_the_axis() -> None:
    (box,) = place_labels([(100.0, 0.0)], [(30.0, 10.0)], [])
    assert box.bottom > 0


def test_names_of_curves_that_end_together_do_not_overlap() -> None:
    ends, sizes = [(100.0, 50.0)] * 3, [(30.0, 10.0)] * 3
    boxes = place_labels(ends, sizes, [])
    assert not any(a.overlaps(b) for a in boxes for b in boxes if a is not b)


def test_a_name_moves_off_the_line_of_another_curve() -> None:
    line = ((0.0, 52.0), (200.0, 52.0))
    (box,) = place_labels([(100.0, 50.0)], [(30.0, 10.0)], [line])
    assert not box.meets(line)


def test_a_name_without_any_room_stays_at_its_end() -> None:
    lines = [((0.0, float(y)), (200.0, float(y))) for y in range(-200, 300, 2)]
    (box,) = place_labels([(100.0, 50.0)], [(30.0, 10.0)], lines)
    assert box.bottom == 45.0
