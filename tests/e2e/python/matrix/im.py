"""`im` by `httpx` over HTTP/1.1, and its pushes by `websockets`."""

import json
import struct

import httpx

from matrix.model import TEXTS, Content, NoMarks, Place, Seen, direct_key, text
from transports import open_websocket
from world import WAIT_SECONDS, World

# What a client says that it takes at most, and must at least.
RECEIVES_MAX = 65_536
PULLED_AT_ONCE = 50


class ImClient(NoMarks):
    name = "im"
    sends = (*TEXTS, text("with another", extra='{"its": "own"}'))
    echoes = False
    keeps_recalled = True

    def __init__(self, world: World, user: int):
        self.user = user
        self.http = _http(world, user)
        self.socket = open_websocket(world, "/im.push")
        self.socket.send(struct.pack(">I", RECEIVES_MAX) + world.token(user).encode())
        [maximum] = struct.unpack(">I", self.socket.recv(timeout=WAIT_SECONDS))
        assert maximum >= RECEIVES_MAX, maximum

    def send(self, place: Place, content: Content) -> int:
        """The message's place in its chat."""
        body = _chat(place) | {"msg": content.text, "extra": content.extra}
        return _ask(self.http, "/im.chat/send", body)["msg_index"]

    def recall(self, place: Place, msg_index: int) -> None:
        answer = _ask(self.http, "/im.chat/recall", _chat(place) | {"msg_index": msg_index})
        assert answer == {"recall_index": 1}, answer

    def next(self) -> Seen:
        push = json.loads(self.socket.recv(timeout=WAIT_SECONDS))
        if push["Type"] == "recall":
            return _recalled(self.user, push["Content"])
        assert push["Type"] == "msg", push
        return _seen(self.user, push["Content"])

    @staticmethod
    def missed(world: World, user: int, _counts: dict[str, int]) -> list[Seen]:
        """What there is, by the relations; then each from its beginning, page by page."""
        seen: list[Seen] = []
        with _http(world, user) as client:
            relations = _ask(client, "/im.relation/relations", {"current_hash": ""})["relations"]
            for relation in relations:
                if relation["target"]:
                    seen += _pulled(client, user, relation)
        return seen

    @staticmethod
    def shows(content: Content) -> object:
        return content.plain(), content.extra

    @staticmethod
    def shows_recall(entry: dict) -> list[object]:
        return [("recall", entry["seq"], 1)]

    def close(self) -> None:
        self.socket.close()
        self.http.close()


def _chat(place: Place) -> dict:
    if place.group is None:
        return {"target": str(place.other), "target_type": "user"}
    return {"target": str(place.group), "target_type": "group"}


def _http(world: World, user: int) -> httpx.Client:
    headers = {"Token": world.token(user)}
    url = f"http://{world.main}"
    return httpx.Client(base_url=url, headers=headers, timeout=WAIT_SECONDS, trust_env=False)


def _ask(client: httpx.Client, path: str, body: dict) -> dict:
    answer = client.post(path, json=body)
    assert answer.status_code == 200, f"{path}: {answer.status_code} {answer.text}"
    return answer.json()


def _pulled(client: httpx.Client, user: int, relation: dict) -> list[Seen]:
    chat = {"target": relation["target"], "target_type": relation["target_type"]}
    seen: list[Seen] = []
    while len(seen) < relation["msg_index"]:
        ask = {"direction": "after", "start_msg_index": len(seen) + 1, "count": PULLED_AT_ONCE}
        page = _ask(client, "/im.chat/pull", chat | ask)["msgs"]
        assert page, f"{relation} after {seen}"
        seen += [_seen(user, message) for message in page]
    return seen


def _place(user: int, message: dict) -> str:
    direct = message["target_type"] == "user"
    return direct_key(user, int(message["target"])) if direct else message["target"]


def _seen(user: int, message: dict) -> Seen:
    recall_index = message.get("recall_index", 0)
    recalled = ("recalled", recall_index) if recall_index else ()
    return Seen(
        place=_place(user, message),
        sender=int(message["sender"]),
        shown=(message["msg"], message["extra"], *recalled),
        seq=message["msg_index"],
    )


def _recalled(user: int, recall: dict) -> Seen:
    """Who took it back is not told: it is who sent it."""
    shown = ("recall", recall["msg_index"], recall["recall_index"])
    return Seen(place=_place(user, recall), sender=0, shown=shown)
