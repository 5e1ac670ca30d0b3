"""Recalls and read marks among all dialects: who has a word for them is shown it, nobody else is.

User 1 sends two texts to a group and to each receiver, takes the first back, marks the second as
read where its dialect can, and sends a third, which shows that nothing else came before it.
"""

from dataclasses import dataclass

from cases.matrix import RECEIVERS, SENDER, Meeting
from matrix import DIALECTS
from matrix.model import Place, Seen, text
from world import World

FIRST, SECOND, THIRD = text("taken back"), text("read"), text("the last")


@dataclass(frozen=True)
class Marked:
    """What the log had of the first two texts before they were marked."""

    first: dict
    second: dict
    is_read: bool


def marked(world: World, sender: str) -> dict[str, Marked]:
    """Says and marks everything, everywhere; by the conversations' names."""
    meeting = Meeting(world)
    client = DIALECTS[sender](world, SENDER)
    places = [Place(group=meeting.group), *(Place(other=user) for user in RECEIVERS.values())]
    found = {}
    for place in places:
        first, second = client.send(place, FIRST), client.send(place, SECOND)
        entries = world.log(place.key(SENDER))
        assert len(entries) == 2, entries
        client.recall(place, first)
        if client.reads:
            client.read(place, second)
        client.send(place, THIRD)
        found[place.key(SENDER)] = Marked(*entries, is_read=client.reads)
    client.close()
    return found


def check(receiver: str, found: dict[str, Marked], seen: list[Seen], was_there: bool) -> None:
    """Compares what one receiver saw in each of its conversations with what its page says."""
    dialect = DIALECTS[receiver]
    for key in {message.place for message in seen}:
        here = found[key]
        expected = [dialect.shows(SECOND)]
        if was_there:
            expected.insert(0, dialect.shows(FIRST))
        elif dialect.keeps_recalled:
            expected.insert(0, (*dialect.shows(FIRST), "recalled", 1))
        if was_there or not dialect.keeps_recalled:
            expected += dialect.shows_recall(here.first)
        if here.is_read:
            expected += dialect.shows_read(here.second)
        expected.append(dialect.shows(THIRD))
        shown = [message.shown for message in seen if message.place == key]
        assert shown == expected, f"{receiver} in {key}: {shown}, not {expected}"


def shown_until_last(client) -> list[Seen]:
    """Everything up to the last text of both conversations."""
    seen: list[Seen] = []
    while sum(message.shown == client.shows(THIRD) for message in seen) < 2:
        seen.append(client.next())
    return seen


def live(world: World, sender: str) -> None:
    clients = {name: DIALECTS[name](world, user) for name, user in RECEIVERS.items()}
    found = marked(world, sender)
    for receiver, client in clients.items():
        check(receiver, found, shown_until_last(client), was_there=True)


def offline(world: World, sender: str) -> None:
    found = marked(world, sender)
    for receiver, user in RECEIVERS.items():
        here = [key for key in found if "-" not in key or key.endswith(f"-{user}")]
        seen = DIALECTS[receiver].missed(world, user, dict.fromkeys(here, 2))
        assert {message.place for message in seen} == set(here), f"{receiver}: {seen}"
        check(receiver, found, seen, was_there=False)
