"""Four ways to carry `Stream` messages: JSON text, protobuf in binary frames, raw TCP, gRPC.

Each sends and receives whole messages; everything above is the same for the four.
"""

import queue
import socket
import urllib.parse

import grpc
import websockets.exceptions
import websockets.sync.client
from google.protobuf import json_format

from schema import SignIn, Status, Stream
from world import WAIT_SECONDS, World


class Closed(Exception):
    """The server closed the connection."""

    def __init__(self, code):
        super().__init__(f"closed with {code}")
        self.code = code


def open_websocket(world: World, path: str, **options):
    # A client that pings by itself would keep alive what the test wants silent.
    return websockets.sync.client.connect(
        f"ws://{world.main}{path}",
        ping_interval=None,
        proxy=None,
        open_timeout=WAIT_SECONDS,
        close_timeout=WAIT_SECONDS,
        max_size=None,
        **options,
    )


class WebSocketTransport:
    def __init__(self, world: World, user: int, path: str = "/message/chat", device: str = ""):
        query = {"token": world.token(user), "platform": "1", "device_id": device}
        joint = "&" if "?" in path else "?"
        self.socket = open_websocket(world, f"{path}{joint}{urllib.parse.urlencode(query)}")

    def receive_frame(self, timeout: float = WAIT_SECONDS):
        try:
            return self.socket.recv(timeout=timeout)
        except websockets.exceptions.ConnectionClosed as error:
            raise Closed(error.rcvd.code if error.rcvd else None) from error

    def close(self) -> None:
        self.socket.close()


class JsonText(WebSocketTransport):
    """JSON text frames. The library checks the server's JSON against the schema."""

    def send(self, stream) -> None:
        self.socket.send(json_format.MessageToJson(stream, indent=None, ensure_ascii=False))

    def receive(self):
        frame = self.receive_frame()
        assert isinstance(frame, str), f"a client that writes text is answered in text: {frame!r}"
        return json_format.Parse(frame, Stream())


class BinaryFrames(WebSocketTransport):
    """Protobuf in binary frames."""

    def send(self, stream) -> None:
        self.socket.send(stream.SerializeToString())

    def receive(self):
        frame = self.receive_frame()
        assert isinstance(frame, bytes), f"a client that writes binary is answered so: {frame!r}"
        return Stream.FromString(frame)


class RawTcp:
    """Varint length-delimited protobuf; the first frame signs in."""

    def __init__(self, world: World, user: int, device: str = "", token: str | None = None):
        self.socket = socket.create_connection(world.stream_address(), timeout=WAIT_SECONDS)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.buffer = b""
        sign_in = SignIn(
            token=world.token(user) if token is None else token, device_id=device, platform=1
        )
        self.socket.sendall(delimited(sign_in.SerializeToString()))
        self.signed_in = Status.FromString(self.receive_frame())

    def send(self, stream) -> None:
        self.socket.sendall(delimited(stream.SerializeToString()))

    def receive(self):
        return Stream.FromString(self.receive_frame())

    def receive_frame(self) -> bytes:
        while True:
            frame, self.buffer = split(self.buffer)
            if frame is not None:
                return frame
            piece = self.socket.recv(65536)
            if not piece:
                raise Closed(None)
            self.buffer += piece

    def close(self) -> None:
        self.socket.close()


def grpc_channel(world: World) -> grpc.Channel:
    # No proxy between a test and its server, whatever the environment says; and a connection
    # of its own for each channel.
    options = [("grpc.enable_http_proxy", 0), ("grpc.use_local_subchannel_pool", 1)]
    return grpc.insecure_channel(world.main, options=options)


class GrpcCall:
    """A call of `Interact`; the metadata signs in."""

    def __init__(
        self,
        world: World,
        user: int,
        path: str = "/message/chat",
        device: str = "",
        metadata: tuple = (),
        timeout: float | None = None,
    ):
        # The paths of the WebSockets, so that cases need not know which they run over.
        path, _, query = path.partition("?")
        service = {"/message/chat": "Chat", "/message/room": "Room"}[path]
        sent = [("token", world.token(user)), ("device_id", device), ("platform", "1")]
        sent += urllib.parse.parse_qsl(query) + list(metadata)
        self.channel = grpc_channel(world)
        self.requests: queue.SimpleQueue = queue.SimpleQueue()
        interact = self.channel.stream_stream(
            f"/appootb.message.{service}/Interact",
            request_serializer=Stream.SerializeToString,
            response_deserializer=Stream.FromString,
        )
        self.call = interact(iter(self.requests.get, None), metadata=sent, timeout=timeout)

    def send(self, stream) -> None:
        self.requests.put(stream)

    def receive(self):
        try:
            return next(self.call)
        except StopIteration:
            raise Closed(grpc.StatusCode.OK.value[0]) from None
        except grpc.RpcError as error:
            raise Closed(error.code().value[0]) from error

    def finish_sending(self) -> None:
        """Half-closes the call."""
        self.requests.put(None)

    def close(self) -> None:
        self.requests.put(None)
        self.call.cancel()
        self.channel.close()


def varint(number: int) -> bytes:
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def delimited(payload: bytes) -> bytes:
    return varint(len(payload)) + payload


def split(buffer: bytes) -> tuple[bytes | None, bytes]:
    """The first frame and the rest; no frame where it is not all there."""
    length = 0
    for index, byte in enumerate(buffer[:10]):
        length |= (byte & 0x7F) << (7 * index)
        if byte < 0x80:
            end = index + 1 + length
            if len(buffer) < end:
                return None, buffer
            return buffer[index + 1 : end], buffer[end:]
    return None, buffer
