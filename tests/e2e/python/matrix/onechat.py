"""`onechat` as JSON over `websockets`."""

import json
from collections import deque

from matrix.model import TEXTS, Content, Place, Seen, direct_key
from transports import open_websocket
from world import WAIT_SECONDS, World


class OnechatClient:
    name = "onechat"
    sends = TEXTS
    # In groups, a sender is shown its own messages too.
    echoes = True

    def __init__(self, world: World, user: int, device: str = "matrix"):
        self.user = user
        self.pushed: deque = deque()
        self.serial = 0
        self.socket = open_websocket(world, "/onechat")
        self.ask({"cmd": "login", "name": "", "pass": world.token(user), "device": device})

    def ask(self, command: dict) -> None:
        """Returns when the command is acknowledged; pushes in between are kept."""
        self.serial += 1
        key = f"key-{self.serial}"
        self.socket.send(json.dumps(command | {"ack": key}))
        while (frame := self.receive()) != {"cmd": "ack", "action": command["cmd"], "ack": key}:
            assert frame["cmd"] not in ("ack", "error"), frame
            self.pushed.append(frame)

    def receive(self) -> dict:
        return json.loads(self.socket.recv(timeout=WAIT_SECONDS))

    def send(self, place: Place, content: Content) -> None:
        if place.group is None:
            self.ask({"cmd": "single_chat", "to": place.other, "msg": content.text})
        else:
            self.ask({"cmd": "group_chat", "to": place.group, "msg": content.text})

    def next(self) -> Seen:
        frame = self.pushed.popleft() if self.pushed else self.receive()
        if frame["cmd"] == "single_chat":
            place = direct_key(frame["from"], self.user)
        else:
            assert frame["cmd"] == "group_chat", frame
            place = str(frame["to"])
        return Seen(place=place, sender=frame["from"], shown=frame["msg"], id=frame["ack"])

    @classmethod
    def missed(cls, world: World, user: int, counts: dict[str, int]) -> list[Seen]:
        """Nothing says where the batches end: it is where all have come, and a question asked
        then is answered next."""
        client = cls(world, user)
        seen: list[Seen] = []
        while len(seen) < sum(counts.values()):
            frame = client.pushed.popleft() if client.pushed else client.receive()
            seen += _batch(frame)
        client.socket.send(json.dumps({"cmd": "is that all"}))
        assert client.receive() == {"cmd": "error", "msg": "Unknown cmd", "code": 10400}
        client.close()
        return seen

    @staticmethod
    def shows(content: Content) -> object:
        return content.plain()

    def close(self) -> None:
        self.socket.close()


def _batch(frame: dict) -> list[Seen]:
    single = frame["cmd"] == "offline_single_chat_msg"
    assert single or frame["cmd"] == "offline_group_chat_msg", frame
    entries = frame["msg"]
    assert [entry["id"] for entry in entries] == frame["ack"], frame
    return [
        Seen(
            place=direct_key(entry["f"], entry["t"]) if single else str(entry["t"]),
            sender=entry["f"],
            shown=entry["msg"],
            id=entry["id"],
        )
        for entry in entries
    ]
