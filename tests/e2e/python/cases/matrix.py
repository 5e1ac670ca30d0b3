"""Every dialect's sender meets every dialect's receiver.

User 1 sends, in each dialect in turn; one user for each dialect receives. The operator API's log
is what ids and seqs are compared with: all dialects show one order and the same ids.
"""

import threading
from collections.abc import Callable

from matrix import DIALECTS
from matrix.model import Content, Place, Seen, text
from world import World

SENDER = 1
RECEIVERS = {name: user for user, name in enumerate(DIALECTS, SENDER + 1)}


class Meeting:
    """A group of the sender and all receivers, who are friends of the sender."""

    def __init__(self, world: World):
        self.world = world
        self.group = world.create("group", [SENDER, *RECEIVERS.values()])
        for user in RECEIVERS.values():
            world.befriend(SENDER, user)

    def places(self, user: int) -> tuple[Place, Place]:
        """Where the sender reaches this user."""
        return Place(group=self.group), Place(other=user)

    def sent(self, sender: str) -> list[tuple[str, Content]]:
        """Sends each content that the dialect has to the group and to each receiver."""
        client = DIALECTS[sender](self.world, SENDER)
        everywhere = [Place(group=self.group), *(Place(other=u) for u in RECEIVERS.values())]
        sent = []
        for place in everywhere:
            for content in client.sends:
                client.send(place, content)
                sent.append((place.key(SENDER), content))
        client.close()
        return sent

    def check(self, sender: str, receiver: str, sent: list, seen: list[Seen]) -> None:
        """Compares what one receiver saw with what was sent where it is, and with the log."""
        for place in self.places(RECEIVERS[receiver]):
            key = place.key(SENDER)
            found = [message for message in seen if message.place == key]
            shows = DIALECTS[receiver].shows
            expected = [shows(content) for where, content in sent if where == key]
            said = f"{sender} to {receiver} in {key}"
            assert [message.shown for message in found] == expected, f"{said}: {found}"
            assert {message.sender for message in found} == {SENDER}, f"{said}: {found}"
            agrees_with_log(self.world, key, found, said)


def agrees_with_log(world: World, key: str, found: list[Seen], said: str) -> None:
    """Each dialect shows the same ids and seqs, in the order of the log."""
    log = world.log(key)
    for name in ("id", "seq"):
        shown = [getattr(message, name) for message in found]
        if shown and shown[0] is not None:
            assert shown == [entry[name] for entry in log], f"{said}: {name} of {found}, {log}"
    assert len(found) == len(log), said


def live(world: World, sender: str) -> None:
    meeting = Meeting(world)
    clients = {name: DIALECTS[name](world, user) for name, user in RECEIVERS.items()}
    sent = meeting.sent(sender)
    for receiver, client in clients.items():
        here = {place.key(SENDER) for place in meeting.places(client.user)}
        seen = [client.next() for where, _ in sent if where in here]
        meeting.check(sender, receiver, sent, seen)


def offline(world: World, sender: str) -> None:
    meeting = Meeting(world)
    sent = meeting.sent(sender)
    for receiver, user in RECEIVERS.items():
        here = [place.key(SENDER) for place in meeting.places(user)]
        counts = {key: sum(where == key for where, _ in sent) for key in here}
        seen = DIALECTS[receiver].missed(world, user, counts)
        assert len(seen) == sum(counts.values()), f"{sender} to {receiver}: {seen}"
        meeting.check(sender, receiver, sent, seen)


def one_order(world: World) -> None:
    """All write to one group at once; each is shown one order, that of the log."""
    each = 20
    group = Place(group=world.create("group", list(RECEIVERS.values())))
    clients = {name: DIALECTS[name](world, user) for name, user in RECEIVERS.items()}

    def write(name: str) -> None:
        for number in range(each):
            clients[name].send(group, text(f"{name} {number}"))

    in_threads([lambda name=name: write(name) for name in clients])
    log = world.log(group.group)
    assert len(log) == each * len(clients), len(log)
    for name, client in clients.items():
        others = [e for e in log if client.echoes or e["sender"] != client.user]
        seen = [client.next() for _ in others]
        expected = [(entry["content"]["text"], entry["sender"]) for entry in others]
        assert [(message.shown, message.sender) for message in seen] == [
            (DIALECTS[name].shows(text(words)), sender) for words, sender in expected
        ], f"{name}: {seen}"
        for key in ("id", "seq"):
            shown = [getattr(message, key) for message in seen]
            if shown[0] is not None:
                assert shown == [entry[key] for entry in others], f"{name}: {seen}"


def in_threads(tasks: list[Callable[[], None]]) -> None:
    """Runs all at once; the first failure is the caller's."""
    failures: list[BaseException] = []

    def run(task: Callable[[], None]) -> None:
        try:
            task()
        except BaseException as error:  # Whatever it is, the case must not pass.
            failures.append(error)

    threads = [threading.Thread(target=run, args=(task,), daemon=True) for task in tasks]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]
