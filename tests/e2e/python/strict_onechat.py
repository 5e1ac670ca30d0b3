"""A `onechat` client as strict as the known ones: one receive is one frame, one frame is one whole
object with the documented keys in the documented order, and there is nothing else.

It shares nothing with the server: shapes are written down here from the documents, WebSocket is
another project's library.
"""

import json
import queue
import socket
import threading

import websockets.exceptions
import websockets.sync.client

from world import WAIT_SECONDS, World

FRAMINGS = ("bare", "onechat", "websocket")

# Far more than any frame, so that one receive would show two frames that came together.
RECEIVE_BYTES = 1 << 20

# The documents' keys, in their order, with the type of each value. A list of one shape is a list
# of such things.
_SINGLE_ENTRY = {
    "id": int, "f": int, "t": int, "msg": str, "unread": int, "created_at": int, "updated_at": int,
}
_GROUP_ENTRY = {"id": int, "f": int, "t": int, "msg": str, "created_at": int, "updated_at": int}
_NOTIFICATION_ENTRY = {
    "id": int, "sender_id": int, "receiver_id": int, "notification_type": int,
    "notifiable_type": str, "notifiable_action": str, "notifiable_id": int, "subject": str,
    "body": str, "unread": int, "created_at": int, "updated_at": int,
}
SHAPES = {
    "ack": {"cmd": str, "action": str, "ack": str},
    "single_chat": {"cmd": str, "from": int, "msg": str, "ack": int},
    "group_chat": {"cmd": str, "from": int, "to": int, "msg": str, "ack": int},
    "error": {"cmd": str, "msg": str, "code": int},
    "notification": {"cmd": str, "notification_type": int, "from": int, "msg": str, "ack": int},
    "offline_single_chat_msg": {"cmd": str, "msg": [_SINGLE_ENTRY], "ack": [int]},
    "offline_group_chat_msg": {"cmd": str, "msg": [_GROUP_ENTRY], "ack": [int]},
    "offline_notifications": {"cmd": str, "msg": [_NOTIFICATION_ENTRY], "ack": [int]},
}
BATCH_BYTES_MAX = 8 * 1024


class Closed(Exception):
    """The server closed the connection; over WebSocket with a code."""

    def __init__(self, code: int | None = None):
        super().__init__(f"closed with {code}")
        self.code = code


def check(value, shape, where: str) -> None:
    """Whether a value has exactly this shape."""
    if isinstance(shape, dict):
        assert isinstance(value, dict), f"{where}: {value!r} is no object"
        assert list(value) == list(shape), f"{where}: keys {list(value)}, not {list(shape)}"
        for key, inner in shape.items():
            check(value[key], inner, f"{where}.{key}")
    elif isinstance(shape, list):
        assert isinstance(value, list) and value, f"{where}: {value!r} is no list with entries"
        for entry in value:
            check(entry, shape[0], f"{where}[]")
    else:
        # `bool` is an `int` in this language only.
        assert type(value) is shape, f"{where}: {value!r} is no {shape.__name__}"


def parse(text: str) -> dict:
    """The one object that the text is, and nothing beside it."""
    frame = json.loads(text)
    compact = json.dumps(frame, separators=(",", ":"), ensure_ascii=False)
    assert text == compact, f"not compact: {text!r}"
    assert isinstance(frame, dict) and frame.get("cmd") in SHAPES, f"no such frame: {text}"
    check(frame, SHAPES[frame["cmd"]], frame["cmd"])
    if frame["cmd"].startswith("offline_"):
        ids = [entry["id"] for entry in frame["msg"]]
        assert frame["ack"] == ids, f"ack names what msg holds: {frame}"
        assert len(text.encode()) <= BATCH_BYTES_MAX or len(ids) == 1, len(text)
    return frame


class Client:
    def __init__(self, world: World, framing: str):
        assert framing in FRAMINGS, framing
        self.world = world
        self.framing = framing
        if framing == "websocket":
            self.link = websockets.sync.client.connect(
                f"ws://{world.main}/onechat",
                ping_interval=None,
                proxy=None,
                compression=None,
                open_timeout=WAIT_SECONDS,
                close_timeout=WAIT_SECONDS,
            )
        else:
            host, port = world.main.rsplit(":", 1)
            self.link = socket.create_connection((host, int(port)), timeout=WAIT_SECONDS)
            self.link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.link.settimeout(None)
            self.received = queue.SimpleQueue()
            threading.Thread(target=self.wait_for_frames, daemon=True).start()

    def wait_for_frames(self) -> None:
        """What each receive brings. Like the known clients it always waits in one: frames that
        come while nobody does are joined by the kernel. The last is empty: nothing comes.
        """
        received = b"at first"
        while received:
            try:
                received = self.link.recv(RECEIVE_BYTES)
            except OSError:
                received = b""
            self.received.put(received)

    @classmethod
    def signed_in(cls, world: World, framing: str, user: int, device: str = "phone") -> "Client":
        """Signed in by token, as far as the acknowledgement; what was missed follows it."""
        client = cls(world, framing)
        client.send(login("", world.token(user), device))
        assert client.receive() == ack("login", "log me in")
        return client

    @classmethod
    def live(
        cls, world: World, framing: str, user: int, device: str = "phone", others: tuple = ()
    ) -> "Client":
        """Signed in with nothing missed, and past it: what comes now comes live. Nothing in the
        protocol says so, hence the operator speaks in a room of the user's own until that does.
        `others`: the user's clients that are live already, which hear it too.
        """
        room = world.create("group", [user])
        client = cls.signed_in(world, framing, user, device)
        while True:
            words = {"conversation": str(room), "sender": user, "text": "are you there"}
            world.operate("POST", "/api/v1/publish", words).expect(200)
            for other in others:
                assert other.receive()["cmd"] == "group_chat"
            frame = client.receive()
            client.acknowledge(frame)
            if frame["cmd"] == "group_chat":
                return client
            assert frame["cmd"] == "offline_group_chat_msg", f"something was missed: {frame}"

    def send(self, command) -> None:
        self.send_text(json.dumps(command))

    def send_text(self, text: str) -> None:
        if self.framing == "websocket":
            self.link.send(text)
        else:
            payload = text.encode()
            self.link.sendall(header(payload) + payload if self.framing == "onechat" else payload)

    def receive(self) -> dict:
        """What one receive brings: one frame, whole, and nothing else."""
        return parse(self.receive_text())

    def receive_text(self) -> str:
        if self.framing == "websocket":
            try:
                text = self.link.recv(timeout=WAIT_SECONDS)
            except websockets.exceptions.ConnectionClosed as error:
                raise Closed(error.rcvd.code if error.rcvd else None) from error
            assert isinstance(text, str), f"not a text message: {text!r}"
            return text
        received = self.received.get(timeout=WAIT_SECONDS)
        if not received:
            # It stays closed.
            self.received.put(received)
            raise Closed()
        if self.framing == "bare":
            return received.decode()
        head, separator, payload = received.partition(b"\r\n\r\n")
        assert separator and head + separator == header(payload), f"not one frame: {received!r}"
        # As the C client takes it apart.
        assert received.split(b"\n")[3] == payload, received
        return payload.decode()

    def ask(self, command) -> dict:
        """The next frame, which must be the command's answer."""
        self.send(command)
        return self.receive()

    def refused(self, command) -> tuple[str, int]:
        frame = self.ask(command)
        assert frame["cmd"] == "error", f"{command}: {frame}"
        return frame["msg"], frame["code"]

    def silent(self) -> None:
        """Nothing else has come, and nothing comes of what was sent before."""
        assert self.refused({"cmd": "are you silent"}) == ("Unknown cmd", 10400)

    def acknowledge(self, frame: dict) -> None:
        """In the documented form of each action."""
        self.send({"cmd": "ack", "action": frame["cmd"], "ack": frame["ack"]})

    def notified(self, kind: int, sender: int, words: str) -> dict:
        """The next frame, which must be this notification; it is acknowledged."""
        frame = self.receive()
        assert frame["cmd"] == "notification", frame
        found = (frame["notification_type"], frame["from"], frame["msg"])
        assert found == (kind, sender, words), f"{found}, not {(kind, sender, words)}"
        self.acknowledge(frame)
        return frame

    def is_closed(self) -> bool:
        """Whether the server closes without another word."""
        try:
            text = self.receive_text()
        except Closed:
            return True
        raise AssertionError(f"not closed: {text!r}")

    def close(self) -> None:
        self.link.close()


def header(payload: bytes) -> bytes:
    return b"ONECHAT/1.0\r\nPAYLOAD_LEN: %d\r\n\r\n" % len(payload)


def login(name: str, secret: str, device: str) -> dict:
    return {"cmd": "login", "name": name, "pass": secret, "ack": "log me in", "device": device}


def ack(action: str, token: str) -> dict:
    return {"cmd": "ack", "action": action, "ack": token}


def single(to, text: str, token: str = "t") -> dict:
    return {"cmd": "single_chat", "to": to, "msg": text, "ack": token}


def group(to, text: str, token: str = "t") -> dict:
    return {"cmd": "group_chat", "to": to, "msg": text, "ack": token}


def befriend(world: World, a: int, b: int) -> None:
    """By the operator, of which nobody is notified."""
    world.operate("POST", "/api/v1/friendships", {"a": a, "b": b}).expect(201)
