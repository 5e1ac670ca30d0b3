"""`im` by `httpx` over HTTP/1.1, and its pushes by `websockets`."""

import json
import struct

import httpx

from matrix.model import TEXTS, Content, Place, Seen, direct_key, text
from transports import open_websocket
from world import WAIT_SECONDS, World

# What a client says that it takes at most, and must at least.
RECEIVES_MAX = 65_536
PULLED_AT_ONCE = 50


class ImClient:
    name = "im"
    sends = (*TEXTS, text("with another", extra='{"its": "own"}'))
    echoes = False

    def __init__(self, world: World, user: int):
        self.user = user
        self.http = _http(world, user)
        self.socket = open_websocket(world, "/im.push")
        self.socket.send(struct.pack(">I", RECEIVES_MAX) + world.token(user).encode())
        [maximum] = struct.unpack(">I", self.socket.recv(timeout=WAIT_SECONDS))
        assert maximum >= RECEIVES_MAX, maximum

    def send(self, place: Place, content: Content) -> None:
        body = {"msg": content.text, "extra": content.extra}
        if place.group is None:
            body |= {"target": str(place.other), "target_type": "user"}
        else:
            body |= {"target": str(place.group), "target_type": "group"}
        _ask(self.http, "/im.chat/send", body)

    def next(self) -> Seen:
        push = json.loads(self.socket.recv(timeout=WAIT_SECONDS))
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

    def close(self) -> None:
        self.socket.close()
        self.http.close()


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


def _seen(user: int, message: dict) -> Seen:
    direct = message["target_type"] == "user"
    other = int(message["target"]) if direct else None
    return Seen(
        place=direct_key(user, other) if direct else message["target"],
        sender=int(message["sender"]),
        shown=(message["msg"], message["extra"]),
        seq=message["msg_index"],
    )
