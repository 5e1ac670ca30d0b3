"""`events` by `python-socketio`: Engine.IO 4, from polling up to a WebSocket."""

import queue

import requests
import socketio

from matrix.model import LOCATION, TEXTS, Content, NoMarks, Place, Seen, media
from world import WAIT_SECONDS, World

_NEW_MESSAGE = "new-message"
# The dialect's words; what has none of its own is shown as one of these.
_TYPES = {
    "text": "text",
    "audio": "audio",
    "sticker": "img",
    "photo": "img",
    "video": "video",
    "gif": "img",
    "file": "file",
    "location": "location",
    "contact text": "text",
    "contact media": "file",
}


class EventsClient(NoMarks):
    name = "events"
    # There is no place for a thumbnail.
    sends = (
        *TEXTS,
        *(media(kind, thumbnail=False) for kind in ("photo", "video", "audio", "file")),
        LOCATION,
    )
    echoes = True

    def __init__(self, world: World, user: int):
        self.user = user
        self.messages: queue.Queue = queue.Queue()
        session = requests.Session()
        session.trust_env = False
        self.client = socketio.Client(reconnection=False, http_session=session)
        self.client.on("*", self._keep)
        url = f"http://{world.main}"
        self.client.connect(url, auth={"token": world.token(user)}, wait_timeout=WAIT_SECONDS)

    def _keep(self, event: str, body: dict) -> None:
        if event.endswith(_NEW_MESSAGE):
            self.messages.put((event, body))

    def call(self, event: str, body: dict) -> dict:
        answer = self.client.call(event, body, timeout=WAIT_SECONDS)
        assert answer["status"] == "ok", answer
        return answer

    def send(self, place: Place, content: Content) -> None:
        message = {"type": _TYPES[content.kind], "value": content.plain()}
        chat = place.key(self.user)
        stored = self.call(_NEW_MESSAGE, {"chat": {"id": chat}, "message": message})
        assert (stored["chat_id"], stored["message"]) == (chat, content.plain()), stored

    def next(self) -> Seen:
        """Every message comes under its chat's event and under the one for all chats."""
        (of_chat, first), (of_all, second) = (
            self.messages.get(timeout=WAIT_SECONDS) for _ in range(2)
        )
        assert (of_chat, of_all) == (f"/chat/{first['chat_id']}/new-message", _NEW_MESSAGE)
        assert first == second, f"{first} {second}"
        return _seen(first)

    @classmethod
    def missed(cls, world: World, user: int, counts: dict[str, int]) -> list[Seen]:
        """Directs are not listed: who has one knows its id."""
        seen: list[Seen] = []
        client = cls(world, user)
        chats = client.call("list-chats", {"user": {"id": str(user)}})["chats"]
        directs = [key for key in counts if "-" in key]
        for chat in [*(chat["id"] for chat in chats), *directs]:
            listed = client.call("list-messages", {"query": {}, "chat": {"id": chat}})
            assert not listed.get("more"), listed
            seen += [_seen(message) for message in listed["messages"]]
        client.close()
        return seen

    @staticmethod
    def shows(content: Content) -> object:
        return _TYPES[content.kind], content.plain()

    def close(self) -> None:
        self.client.disconnect()


def _seen(message: dict) -> Seen:
    return Seen(
        place=message["chat_id"],
        sender=int(message["user_id"]),
        shown=(message["type"], message["message"]),
        id=int(message["id"]),
    )
