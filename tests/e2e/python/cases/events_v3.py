"""The `events` dialect by the python-socketio that speaks Engine.IO 3.

This client counts a payload's characters where the protocol counts units of UTF-16, so nothing
beyond the basic plane is said here. It is not the one that the other cases import: see
requirements-engineio3.txt.
"""

import queue
import sys
from pathlib import Path

from world import WAIT_SECONDS, World

sys.path.insert(0, str(Path(sys.prefix) / "engineio3"))

import engineio  # noqa: E402
import socketio  # noqa: E402

TRANSPORTS = {"polling": ["polling"], "websocket": ["websocket"], "upgrade": None}
NEW_MESSAGE = "new-message"


class Client:
    """A socketio client whose events of these names wait in order."""

    def __init__(self, world: World, transport: str, user: int):
        self.events: queue.Queue = queue.Queue()
        self.client = socketio.Client(reconnection=False)
        self.listen(NEW_MESSAGE)
        # Protocol 3 has no connect packet that a token could be in.
        url = f"http://{world.main}/?token={world.token(user)}"
        self.client.connect(url, transports=TRANSPORTS[transport])

    def listen(self, name: str) -> None:
        self.client.on(name, lambda body: self.events.put((name, body)))

    def event(self, name: str) -> dict:
        found, body = self.events.get(timeout=WAIT_SECONDS)
        assert found == name, f"{found}: {body}, not {name}"
        return body

    def call(self, event: str, body: dict) -> dict:
        answer = self.client.call(event, body, timeout=WAIT_SECONDS)
        assert answer["status"] == "ok", answer
        return answer


def conversation(world: World, transport: str) -> None:
    assert engineio.__file__.startswith(sys.path[0]), engineio.__file__
    ann, bob = Client(world, transport, 1), Client(world, transport, 2)
    assert ann.client.eio.sid != bob.client.eio.sid
    assert ann.call("create-user", {"user": {"id": 1}})["user"]["id"] == "1"
    chat = ann.call("create-chat", {"chat": {"name": "Tea", "users": ["2"]}})["chat"]["id"]
    of_chat = f"/chat/{chat}/new-message"
    ann.listen(of_chat)
    for n in range(60):
        bob.client.emit(of_chat, {"msg": f"{n} ☂", "type": "text"})
    for n in range(60):
        body = ann.event(of_chat)
        assert (body["msg"], body["user_id"]) == (f"{n} ☂", "2"), body
        assert ann.event(NEW_MESSAGE) == body
        assert bob.event(NEW_MESSAGE) == body
    listed = ann.call("list-messages", {"query": {}, "chat": {"id": chat}})["messages"]
    assert [one["msg"] for one in listed] == [f"{n} ☂" for n in range(60)]
    wanted = "polling" if transport == "polling" else "websocket"
    assert ann.client.eio.transport() == wanted, ann.client.eio.transport()
    ann.client.disconnect()
    bob.client.disconnect()


def unauthorized(world: World) -> None:
    client = socketio.Client(reconnection=False)
    refused: queue.Queue = queue.Queue()
    client.on("connect_error", lambda *words: refused.put(words))
    client.connect(f"http://{world.main}/?token=nonsense")
    assert "unauthorized" in str(refused.get(timeout=WAIT_SECONDS))
    client.disconnect()
