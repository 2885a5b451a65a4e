"""Whose turn it is: tables, and what holds for any queue."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cantata.core.order.queue import Candidate, admit, line_up, positions


def queue(text: str) -> list[Candidate]:
    """`1:a/x 2:b/y!` is operation 1 of application x of project a, then one of y of b that had begun."""
    found = []
    for word in text.split():
        operation, _, rest = word.partition(":")
        project, _, application = rest.rstrip("!").partition("/")
        found.append(Candidate(operation, application, project, begun=word.endswith("!")))
    return found


@pytest.mark.parametrize(
    ("waiting", "served", "order"),
    [
        ("", "", ""),
        ("2:a/x 1:a/y", "", "12"),
        ("1:a/u 2:a/v 3:a/w 4:b/x 5:c/y 6:b/z", "", "145263"),
        ("1:a/u 2:a/v 3:b/x", "a", "312"),
        ("1:a/u 2:b/x", "ab", "12"),
        ("1:a/u 2:b/x", "ba", "21"),
        ("1:a/u 2:b/x", "aba", "21"),
        ("1:a/u 2:a/v 3:b/x! 4:a/y!", "", "3412"),
        ("1:a/x 2:b/x 3:a/x", "", "123"),
    ],
)
def test_projects_take_turns_and_requests_keep_their_order(waiting: str, served: str, order: str) -> None:
    line = line_up(queue(waiting), served)
    assert "".join(each.operation for each in line) == order
    assert positions(queue(waiting), served) == {name: place for place, name in enumerate(order, start=1)}


@pytest.mark.parametrize(
    ("waiting", "busy", "slots", "admitted"),
    [
        ("1:a/x 2:a/y", "", 9, "12"),
        ("1:a/x 2:a/y", "", 1, "1"),
        ("1:a/x 2:a/y", "", 0, ""),
        ("1:a/x 2:a/y", "", -3, ""),
        ("1:a/x 2:a/y", "x", 9, "2"),
        ("1:a/x 2:a/x 3:a/y", "", 9, "13"),
        ("1:a/x 2:a/x! 3:a/y", "", 9, "23"),
        ("1:a/u 2:a/v 3:b/w", "", 2, "13"),
    ],
)
def test_a_limit_and_one_operation_an_application(waiting: str, busy: str, slots: int, admitted: str) -> None:
    assert "".join(each.operation for each in admit(queue(waiting), busy, slots)) == admitted


QUEUES = st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 5), st.booleans()), max_size=30).map(
    lambda rows: [
        Candidate(f"{number:03}", f"{project}{app}", project, begun)
        for number, (project, app, begun) in enumerate(rows)
    ]
)


@given(QUEUES, st.integers(0, 8), st.lists(st.sampled_from("abc"), max_size=5))
def test_nobody_is_left_out_and_nobody_waits_for_more_than_one_turn_of_each_other(
    waiting: list[Candidate], slots: int, served: list[str]
) -> None:
    line = line_up(waiting, served)
    assert sorted(each.operation for each in line) == [each.operation for each in waiting]
    fresh = [each for each in line if not each.begun]
    for start, each in enumerate(fresh):
        before = Counter(other.project for other in fresh[:start])
        own = sum(other.project == each.project and not other.begun for other in fresh[:start])
        assert all(count <= own + 1 for count in before.values())
    admitted = admit(waiting, (), slots, served)
    assert len(admitted) == min(slots, len({each.application for each in waiting}))
    assert len({each.application for each in admitted}) == len(admitted)


@given(QUEUES, st.integers(1, 4))
def test_all_start_in_the_end_one_after_the_other_within_an_application(
    waiting: list[Candidate], slots: int
) -> None:
    left, served, started = list(waiting), list[str](), list[Candidate]()
    while left:
        now = admit(left, (), slots, served)
        assert now
        started += now
        served += [each.project for each in now]
        left = [each for each in left if each not in now]
    for application in {each.application for each in waiting}:
        own = [each for each in started if each.application == application]
        assert own == sorted(own, key=lambda each: (not each.begun, each.operation))
