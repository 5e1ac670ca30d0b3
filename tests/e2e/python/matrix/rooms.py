"""`rooms` by `websockets`, and by `httpx` for what was missed."""

import json
from collections import deque

import httpx

from matrix.model import TEXTS, Content, NoMarks, Place, Seen
from transports import open_websocket
from world import WAIT_SECONDS, World


class RoomsClient(NoMarks):
    name = "rooms"
    sends = TEXTS
    echoes = True

    def __init__(self, world: World, user: int):
        self.user = user
        self.pushed: deque = deque()
        self.socket = open_websocket(world, "/chat/connect")
        self.socket.send(json.dumps({"auth_token": world.token(user)}))
        connected = self.receive()
        assert connected == {"status": "CONNECTED", "type": "status"}, connected

    def receive(self) -> dict:
        return json.loads(self.socket.recv(timeout=WAIT_SECONDS))

    def send(self, place: Place, content: Content) -> None:
        """The echo is all that says that it was stored; it is kept, as any client shows it."""
        room = place.key(self.user)
        self.socket.send(json.dumps({"room": room, "message": content.text}))
        while True:
            seen = _seen(self.receive()["message"])
            self.pushed.append(seen)
            if (seen.place, seen.sender, seen.shown) == (room, self.user, content.text):
                return

    def next(self) -> Seen:
        return self.pushed.popleft() if self.pushed else _seen(self.receive()["message"])

    @staticmethod
    def missed(world: World, user: int, _counts: dict[str, int]) -> list[Seen]:
        seen: list[Seen] = []
        headers = {"Authorization": f"Bearer {world.token(user)}"}
        with httpx.Client(headers=headers, timeout=WAIT_SECONDS, trust_env=False) as client:
            more = True
            while more:
                after = seen[-1].id if seen else 0
                url = f"http://{world.main}/chat/retrieve"
                answer = client.post(url, json={"after": after}).raise_for_status().json()
                seen += [_seen(message) for message in answer["messages"]]
                more = answer.get("more", False)
        return seen

    @staticmethod
    def shows(content: Content) -> object:
        return content.plain()

    def close(self) -> None:
        self.socket.close()


def _seen(message: dict) -> Seen:
    return Seen(
        place=message["room"],
        sender=int(message["poster"]),
        shown=message["message"],
        id=message["id"],
    )
