"""`onechat` as JSON over `websockets`."""

import json
from collections import deque

from matrix.model import TEXTS, Content, NoMarks, Place, Seen, direct_key
from transports import open_websocket
from world import WAIT_SECONDS, World


class OnechatClient(NoMarks):
    name = "onechat"
    sends = TEXTS
    # In groups, a sender is shown its own messages too.
    echoes = True

    def __init__(self, world: World, user: int, device: str = "matrix"):
        self.user = user
        self.pushed: deque = deque()
        # What was sent while the sign-in was not quite over comes as a batch, as if missed.
        self.seen: deque = deque()
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
        while not self.seen:
            frame = self.pushed.popleft() if self.pushed else self.receive()
            self.seen += _seen(self.user, frame)
        return self.seen.popleft()

    @classmethod
    def missed(cls, world: World, user: int, counts: dict[str, int]) -> list[Seen]:
        """Nothing says where the batches end: it is where all have come, and a question asked
        then is answered next."""
        client = cls(world, user)
        seen = [client.next() for _ in range(sum(counts.values()))]
        assert not client.seen, client.seen
        client.socket.send(json.dumps({"cmd": "is that all"}))
        assert client.receive() == {"cmd": "error", "msg": "Unknown cmd", "code": 10400}
        client.close()
        return seen

    @staticmethod
    def shows(content: Content) -> object:
        return content.plain()

    def close(self) -> None:
        self.socket.close()


def _seen(user: int, frame: dict) -> list[Seen]:
    match frame["cmd"]:
        case "single_chat":
            place = direct_key(frame["from"], user)
            return [Seen(place=place, sender=frame["from"], shown=frame["msg"], id=frame["ack"])]
        case "group_chat":
            place = str(frame["to"])
            return [Seen(place=place, sender=frame["from"], shown=frame["msg"], id=frame["ack"])]
        case "offline_single_chat_msg" | "offline_group_chat_msg" as batch:
            assert [entry["id"] for entry in frame["msg"]] == frame["ack"], frame
            return [_missed(entry, batch == "offline_single_chat_msg") for entry in frame["msg"]]
        case _:
            raise AssertionError(f"no message: {frame}")


def _missed(entry: dict, is_direct: bool) -> Seen:
    return Seen(
        place=direct_key(entry["f"], entry["t"]) if is_direct else str(entry["t"]),
        sender=entry["f"],
        shown=entry["msg"],
        id=entry["id"],
    )
