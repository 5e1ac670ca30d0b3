"""`stream` by `protobuf`: JSON over `websockets` while connected, raw TCP for what was missed."""

from matrix.model import CONTACT_MEDIA, CONTACT_TEXT, LATITUDE, LOCATION, LONGITUDE, MEDIA, TEXTS
from matrix.model import Content, Place, Seen, direct_key, media
from schema import AUDIO, CONTACT, FILE, GIF, GROUP, PHOTO, PRIVATE, READ, RECALL, STICKER, TEXT, VIDEO
from schema import LOCATION as LOCATION_TYPE
from session import Session, other_post
from world import World

_TYPES = {
    "text": TEXT,
    "audio": AUDIO,
    "sticker": STICKER,
    "photo": PHOTO,
    "video": VIDEO,
    "gif": GIF,
    "file": FILE,
    "location": LOCATION_TYPE,
    "contact text": CONTACT,
    "contact media": CONTACT,
}


class StreamClient:
    name = "stream"
    sends = (
        *TEXTS,
        *(media(kind) for kind in MEDIA),
        media("file", thumbnail=False),
        LOCATION,
        CONTACT_TEXT,
        CONTACT_MEDIA,
    )
    # The sending session is not shown its own messages.
    echoes = False
    reads = True
    keeps_recalled = False

    def __init__(self, world: World, user: int):
        self.user = user
        self.session = Session.synced(world, "json", user)

    def send(self, place: Place, content: Content) -> int:
        """The post's id."""
        return self._post(place, _TYPES[content.kind], **_envelope(content))

    def recall(self, place: Place, post: int) -> None:
        self._post(place, RECALL, mark={"unique_id": post})

    def read(self, place: Place, post: int) -> None:
        self._post(place, READ, mark={"unique_id": post})

    def _post(self, place: Place, kind: int, **others) -> int:
        category = PRIVATE if place.group is None else GROUP
        receiver = place.other if place.group is None else place.group
        [postmark] = self.session.send(other_post(kind, category, receiver, **others))
        return postmark.unique_id

    def next(self) -> Seen:
        return _seen(self.session.next_post())

    @staticmethod
    def missed(world: World, user: int, _counts: dict[str, int]) -> list[Seen]:
        return [_seen(post) for post in Session.open(world, "tcp", user).sync({PRIVATE: 0, GROUP: 0})]

    @staticmethod
    def shows(content: Content) -> object:
        return _TYPES[content.kind], _envelope(content)

    @staticmethod
    def shows_recall(entry: dict) -> list[object]:
        return [(RECALL, {"text": {"content": str(entry["id"])}})]

    @staticmethod
    def shows_read(entry: dict) -> list[object]:
        return [(READ, {"text": {"content": str(entry["id"])}})]

    def close(self) -> None:
        self.session.close()


def _envelope(content: Content) -> dict:
    if content.kind == "location":
        return {"coordinate": {"latitude": LATITUDE, "longitude": LONGITUDE}}
    if content.url:
        resource = {"url": content.url}
        if content.thumbnail:
            resource["thumbnail"] = content.thumbnail
        return {"resource": resource}
    return {"text": {"content": content.text}}


def _seen(post) -> Seen:
    mark = post.postmark
    private = mark.category == PRIVATE
    envelope = post.WhichOneof("envelope")
    assert envelope is not None, post
    fields = {field.name: value for field, value in getattr(post, envelope).ListFields()}
    return Seen(
        place=direct_key(mark.sender, mark.receiver) if private else str(mark.receiver),
        sender=mark.sender,
        shown=(post.type, {envelope: fields}),
        id=mark.unique_id,
    )
