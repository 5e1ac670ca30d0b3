"""The `events` dialect by python-socketio, over polling, a WebSocket, and from one to the other."""

import threading

import socketio
from world import WAIT_SECONDS, World

TRANSPORTS = {"polling": ["polling"], "websocket": ["websocket"], "upgrade": None}


class Client:
    """A socketio client whose events wait in order until they are asked for."""

    def __init__(self, world: World, transport: str, user: int):
        self.client = socketio.Client(reconnection=False)
        self.arrived = threading.Condition()
        self.events: list[tuple[str, dict]] = []
        self.client.on("*", self.keep)
        self.client.connect(
            f"http://{world.main}",
            auth={"token": world.token(user)},
            transports=TRANSPORTS[transport],
            wait_timeout=WAIT_SECONDS,
        )

    def keep(self, event: str, body: dict) -> None:
        with self.arrived:
            self.events.append((event, body))
            self.arrived.notify_all()

    def event(self, name: str) -> dict:
        """The next event, which must bear this name."""
        with self.arrived:
            assert self.arrived.wait_for(lambda: self.events, WAIT_SECONDS), f"no {name}"
            event, body = self.events.pop(0)
        assert event == name, f"{event}: {body}, not {name}"
        return body

    def call(self, event: str, body: dict) -> dict:
        return self.client.call(event, body, timeout=WAIT_SECONDS)


def conversation(world: World, transport: str) -> None:
    ann, bob = Client(world, transport, 1), Client(world, transport, 2)
    hello = ann.call("create-user", {"user": {"id": 1}})
    assert hello["user"]["id"] == "1", hello
    assert ann.event("create-user") == hello
    chat = ann.call("create-chat", {"chat": {"name": "Tea"}, "users": ["2"]})["chat"]
    assert chat["users"] == ["1", "2"], chat
    ann.event("create-chat")
    # More at once than one polling answer may have for this client.
    for n in range(60):
        bob.client.emit("new-message", {"room": chat["id"], "msg": f"{n} \U0001f600"})
    for n in range(60):
        body = ann.event(f"/chat/{chat['id']}/new-message")
        assert body["msg"] == f"{n} \U0001f600", body
        assert body["user_id"] == "2", body
        assert ann.event("new-message") == body
    listed = ann.call("list-messages", {"chat": {"id": chat["id"]}})
    assert [one["msg"] for one in listed["messages"]] == [f"{n} \U0001f600" for n in range(60)]
    ann.client.disconnect()
    bob.client.disconnect()


def unauthorized(world: World) -> None:
    client = socketio.Client(reconnection=False)
    told = []
    client.on("connect_error", told.append)
    try:
        client.connect(f"http://{world.main}", auth={"token": "nonsense"}, wait_timeout=WAIT_SECONDS)
    except socketio.exceptions.ConnectionError:
        assert told == [{"message": "unauthorized"}], told
    else:
        raise AssertionError("a bad token let the client in")
