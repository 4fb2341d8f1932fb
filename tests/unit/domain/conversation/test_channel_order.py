"""The order of channels that somebody wants: what it makes of a ladder, and how it is written."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pro_collector.domain.conversation.channel_order import ORDERS, ChannelOrder, in_order, read_order
from pro_collector.errors import BadInput
from scheduler.rules import Channel

EVERY = (*ORDERS, ChannelOrder())
LADDERS = st.lists(st.sampled_from(["sms", "email", "call"]), max_size=6)


@pytest.mark.parametrize(
    ("ladder", "wanted", "ordered"),
    [
        (["sms", "email", "call"], "email,sms", ["email", "sms", "call"]),
        (["sms", "email", "call"], "sms,email", ["sms", "email", "call"]),
        (["sms", "email", "call"], "", ["sms", "email", "call"]),
        (["sms", "call"], "email,sms", ["sms", "call"]),
        (["call", "sms", "email"], "email,sms", ["call", "email", "sms"]),
        (["sms", "email", "sms"], "email,sms", ["email", "sms", "sms"]),
        (["sms", "email", "sms"], "sms,email", ["sms", "email", "sms"]),
        (["sms", "email", "call"], "email", ["email", "email", "call"]),
        (["sms", "call"], "email", ["email", "call"]),
        (["email"], "sms", ["sms"]),
        (["call"], "sms", ["call"]),
    ],
)
def test_a_ladder_follows_the_order_that_somebody_wants(
    ladder: list[Channel], wanted: str, ordered: list[Channel]
) -> None:
    assert in_order(ladder, read_order(wanted)) == ordered


@given(LADDERS, st.sampled_from(EVERY))
def test_an_order_adds_no_rung_takes_none_and_moves_no_call(ladder: list[Channel], order: ChannelOrder) -> None:
    ordered = in_order(ladder, order)
    assert [each == "call" for each in ordered] == [each == "call" for each in ladder]
    assert in_order(ordered, order) == ordered
    if order.only:
        assert set(ordered) <= {order.first, "call"}
    else:
        assert sorted(ordered) == sorted(ladder)


@pytest.mark.parametrize("order", EVERY)
def test_an_order_is_read_as_it_is_written(order: ChannelOrder) -> None:
    assert read_order(str(order)) == order


@pytest.mark.parametrize(
    ("text", "order"),
    [("Email SMS", ChannelOrder("email")), ("sms", ChannelOrder("sms", only=True)), ("study", ChannelOrder())],
)
def test_an_order_is_read_as_people_type_it(text: str, order: ChannelOrder) -> None:
    assert read_order(text) == order


@pytest.mark.parametrize("text", ["call", "sms,sms", "sms,email,sms", "post"])
def test_no_other_order_is_read(text: str) -> None:
    with pytest.raises(BadInput, match="is none of"):
        read_order(text)
