"""A session of the `stream` dialect over any transport.

It keeps what a real client keeps: posts that come while an answer is awaited. A frame that is
neither an answer nor live posts is an error.
"""

from collections import deque

from schema import MESSAGES, RECEIPTS, SYNC, TEXT, Post, Postmark, Stream
from transports import BinaryFrames, GrpcCall, JsonText, RawTcp
from world import World

TRANSPORTS = {"json": JsonText, "binary": BinaryFrames, "tcp": RawTcp, "grpc": GrpcCall}


class Fault(Exception):
    """What the server said it did not do."""

    def __init__(self, code: int, message: str):
        super().__init__(f"{code} {message!r}")
        self.code = code
        self.message = message


def text_post(category: int, receiver: int, text: str, **mark) -> Post:
    """The sender is the server's to put in; a required field all the same."""
    postmark = Postmark(category=category, sender=0, receiver=receiver, **mark)
    return Post(postmark=postmark, type=TEXT, text={"content": text})


def other_post(kind: int, category: int, receiver: int, mark=None, **envelope) -> Post:
    postmark = Postmark(category=category, sender=0, receiver=receiver, **(mark or {}))
    return Post(postmark=postmark, type=kind, **envelope)


class Session:
    def __init__(self, transport):
        self.transport = transport
        self.inbox: deque = deque()
        self.serial = 0

    @classmethod
    def open(cls, world: World, transport: str, user: int, **options) -> "Session":
        return cls(TRANSPORTS[transport](world, user, **options))

    @classmethod
    def synced(cls, world: World, transport: str, user: int, **options) -> "Session":
        """Open and caught up by the server's cursors, so that live posts come."""
        session = cls.open(world, transport, user, **options)
        session.sync()
        return session

    def new_sn(self) -> str:
        self.serial += 1
        return f"sn-{self.serial}"

    def sync(self, last_ids: dict | None = None, target: int | None = None) -> list[Post]:
        """All of the answer. A category without an id goes by the server's cursor."""
        sn = self.new_sn()
        request = Stream(sn=sn, type=SYNC)
        request.local.SetInParent()
        if target is not None:
            request.target = target
        for category, last_id in (last_ids or {}).items():
            entry = request.local.ids.add(category=category)
            if last_id is not None:
                entry.last_id = last_id
        self.transport.send(request)
        return [post for page in self.sync_pages(sn) for post in page]

    def sync_pages(self, sn: str) -> list[list[Post]]:
        pages = []
        while True:
            answer = self.answer(sn)
            assert answer.type == MESSAGES, answer
            assert answer.WhichOneof("payload") == "postbox", answer
            if not answer.postbox.posts:
                return pages
            assert len(answer.postbox.posts) <= 256, len(answer.postbox.posts)
            pages.append(list(answer.postbox.posts))

    def answer(self, sn: str) -> Stream:
        """The next frame of this sn; raises Fault where it says so."""
        while True:
            frame = self.transport.receive()
            if frame.sn != sn:
                self.keep(frame)
                continue
            if frame.HasField("error"):
                raise Fault(frame.error.code, frame.error.message)
            return frame

    def keep(self, frame: Stream) -> None:
        assert frame.type == MESSAGES and not frame.HasField("error"), f"unasked for: {frame}"
        assert frame.sn, "the server's frames have an sn of their own"
        self.inbox.extend(frame.postbox.posts)

    def send(self, *posts: Post, sn: str | None = None) -> list[Postmark]:
        """Sends posts in one frame; their completed postmarks, in order."""
        sn = sn or self.new_sn()
        frame = Stream(sn=sn, type=MESSAGES)
        frame.postbox.posts.extend(posts)
        self.transport.send(frame)
        answer = self.answer(sn)
        assert answer.type == RECEIPTS, answer
        marks = list(answer.receipts.postmarks)
        assert len(marks) == len(posts), answer
        return marks

    def send_text(self, category: int, receiver: int, text: str, **mark) -> int:
        [postmark] = self.send(text_post(category, receiver, text, **mark))
        return postmark.unique_id

    def refused(self, *posts: Post) -> int:
        """The code with which these posts are refused."""
        try:
            marks = self.send(*posts)
        except Fault as fault:
            assert fault.message, "a fault has words"
            return fault.code
        raise AssertionError(f"not refused: {marks}")

    def receipt(self, up_to: dict | None = None, postmarks=()) -> None:
        """There is no answer."""
        frame = Stream(sn=self.new_sn(), type=RECEIPTS)
        frame.receipts.SetInParent()
        for category, last_id in (up_to or {}).items():
            frame.receipts.local_ids.add(category=category, last_id=last_id)
        frame.receipts.postmarks.extend(postmarks)
        self.transport.send(frame)

    def next_post(self) -> Post:
        while not self.inbox:
            self.keep(self.transport.receive())
        return self.inbox.popleft()

    def next_texts(self, count: int) -> list[str]:
        return [self.next_post().text.content for _ in range(count)]

    def close(self) -> None:
        self.transport.close()


def texts(posts) -> list[str]:
    return [post.text.content for post in posts]


def ids(posts) -> list[int]:
    return [post.postmark.unique_id for post in posts]
