"""Rows as they were → the same rows as they stand now."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from reply_xl.locate import follow, locate, marks_of, own_headers
from reply_xl.mapping.columns import map_columns
from reply_xl.model import Row

HEADERS = ("Reply ID", "Email", "Title", "Reply status", "createdAt")
Line = Sequence[Any]


def rows(lines: Sequence[Line]) -> list[Row]:
    return [Row(number, line) for number, line in enumerate(lines, 2)]


def found(then: Sequence[Line], now: Sequence[Line], contacts: dict[int, int] | None = None) -> dict[int, int]:
    """Where the rows of `then` are among those of `now`; both are numbered from 2 on."""
    columns = map_columns(HEADERS, customs=None)
    return locate(marks_of(rows(then), columns), rows(now), columns, contacts)


A, B, C = (7.0, None, "CEO"), (8.0, None, "CTO"), (None, "c@example.com", "CFO")


def test_by_key_wherever_it_stands():
    """An id or an e-mail, in any order, with other rows between, whatever became of the other cells."""
    assert found([A, B, C], [(9.0, None, "x"), C, A, (8.0, None, "other")]) == {2: 4, 3: 5, 4: 3}
    assert found([A], [(7.0, None, None)]) == found([A], [("7", None, None)]) == {2: 2}
    assert found([C], [(None, " C@EXAMPLE.com ", None)]) == {2: 2}


def test_a_row_that_is_gone():
    """No other row takes its place."""
    assert found([A, B, C], [B]) == {3: 2}
    assert found([A], []) == {}


def test_without_a_key_by_what_it_holds():
    """The user's cells, in whatever columns; what this add-in writes is no part of it. One that changed is not found."""
    nobody = (None, None, "a", "Invalid", None)
    assert found([nobody], [A, (None, None, "a", None, "2026")]) == {2: 3}
    assert found([nobody], [(None, None, "b")]) == {}
    assert found([nobody], [(7.0, None, "a")]) == {2: 2}  # it has got an id
    assert found([nobody, (7.0, None, "a")], [(7.0, None, "a")]) == {3: 2}  # that row is another one


def test_duplicates():
    """Rows of the same contact: by their other cells; where these changed, in their order if none is missing, else where they stood."""
    one, two, three = (7.0, None, "a"), (7.0, None, "b"), (7.0, None, "c")
    assert found([one, two, three], [three, one, two]) == {2: 3, 3: 4, 4: 2}
    assert found([one, two], [(7.0, None, "x"), two]) == {2: 2, 3: 3}
    assert found([one, two], [(7.0, None, "x"), (7.0, None, "y")]) == {2: 2, 3: 3}
    assert found([one, two], [A, (7.0, None, "x")]) == {2: 2, 3: 3}
    assert found([one, two], [B, B, (7.0, None, "x")]) == {}
    assert found([one, one], [B, one, one]) == {2: 4, 3: 3}  # nothing tells them apart: the one that stands where one stood is that one
    assert found([one, one, B], [B, one]) == {3: 3, 4: 2}


def test_a_row_that_was_found_by_email_has_its_id_now():
    """Its contact's; with the id of another it is not the row any more. Also after its e-mail was corrected."""
    assert found([C], [A, (9.0, "c@example.com", "CFO")], {2: 9}) == {2: 3}
    assert found([C], [A, (9.0, "c@example.com", "CFO")]) == {2: 3}
    assert found([C], [(8.0, "c@example.com", "CFO")], {2: 9}) == {}
    assert found([C], [(9.0, "new@example.com", "CFO")], {2: 9}) == {2: 2}


def test_two_rows_of_a_contact_found_in_two_ways():
    """One by its id and one by its e-mail never become one row."""
    by_id, by_email = (9.0, "c@example.com", "a"), (None, "c@example.com", "b")
    assert found([by_id, by_email], [by_email, by_id], {2: 9, 3: 9}) == {2: 3, 3: 2}
    assert found([by_id, by_email], [(9.0, "c@example.com", "b"), by_id], {2: 9, 3: 9}) == {2: 3, 3: 2}


def test_the_headers_that_are_the_users():
    """Without ours, in their order."""
    assert own_headers(["", "reply ID", "Title", "REPLY STATUS", "Mine", "Reply updated at"]) == ("Title", "Mine")


_line = st.tuples(
    st.sampled_from([None, 7.0, 8.0]),
    st.sampled_from([None, "c@example.com", "d@example.com", "no address"]),
    st.sampled_from(["a", "b", None]),
)


@settings(max_examples=300, deadline=None)
@given(st.lists(_line, max_size=6), st.lists(_line, max_size=8), st.dictionaries(st.integers(2, 7), st.sampled_from([7, 8])))
def test_never_beside_another_contact(then: list[Line], now: list[Line], contacts: dict[int, int]):
    """Whatever stood and stands there: a row is found once, in a row of its own, and that row names no other contact."""
    places = found(then, now, contacts)
    assert len(set(places.values())) == len(places)
    for number, place in places.items():
        former, present = then[number - 2], now[place - 2]
        if former[0] is not None:
            assert present[0] == former[0]
        elif former[1] in ("c@example.com", "d@example.com"):
            assert present[1] == former[1] or present[0] == contacts.get(number)
            assert present[0] is None or number not in contacts or present[0] == contacts[number]
        else:
            assert present[1:] == former[1:]


@settings(max_examples=200, deadline=None)
@given(st.lists(_line, max_size=8), st.randoms(use_true_random=False))
def test_every_row_is_found_after_a_sort(then: list[Line], random: Any):
    """None is missing, and rows that nothing tells apart are taken one for the other at most."""
    now = list(then)
    random.shuffle(now)
    places = found(then, now)
    assert places.keys() == set(range(2, len(then) + 2))
    assert all(then[number - 2] == now[place - 2] for number, place in places.items())


def test_what_changes_by_itself_has_kept_its_place():
    """Between two looks at a sheet: a row without key that shows another time now stands where its neighbours say; not in the place of
    one that was deleted, and not on an empty line."""
    columns = map_columns(HEADERS, customs=None)

    def followed(before: Sequence[Line], after: Sequence[Line]) -> dict[int, int]:
        return follow(marks_of(rows(before), columns), marks_of(rows(after), columns))

    clock, later, empty = (None, None, "10:00"), (None, None, "10:01"), (None, None, None)
    assert followed([A, clock, B], [A, later, B]) == {2: 2, 3: 3, 4: 4}
    assert followed([A, clock, B], [C, A, later, B]) == {2: 3, 3: 4, 4: 5}
    assert followed([A, clock], [A, later]) == {2: 2, 3: 3}
    assert followed([A, clock, B], [A, B]) == {2: 2, 4: 3}
    assert followed([A, clock], [A, empty]) == {2: 2}
    assert followed([A, B], [A, later]) == {2: 2}
