"""gRPC by `grpcio`, with clients generated from the published `.proto` files.

The conversation itself is shown over gRPC by cases/stream.py; here is what only calls have.
"""

import os
import queue
import re
import signal
import time
import urllib.request

import grpc
from grpc_reflection.v1alpha import reflection_pb2
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import (
    ProtoReflectionDescriptorDatabase,
)

from grpc_stubs import ChatStub, Connections, InnerChatStub, Package, Post, RoomStub, Stream
from grpc_stubs import UniqueId
from schema import CHANNEL, GROUP, MESSAGES, PRIVATE, RECEIPTS, ROOM, SYNC, TEXT
from session import Session, ids, text_post, texts
from transports import Closed, grpc_channel
from world import WAIT_SECONDS, World, http

Code = grpc.StatusCode
Request = reflection_pb2.ServerReflectionRequest


def post(category: int, receiver: int, text: str, sender: int = 0) -> Post:
    mark = {"category": category, "sender": sender, "receiver": receiver}
    return Post(postmark=mark, type=TEXT, text={"content": text})


def signed(world: World, user: int, *others) -> list:
    return [("token", world.token(user)), *others]


def operator(world: World) -> list:
    return [("authorization", f"Bearer {world.operator_key}")]


def status(call, *arguments, **options) -> tuple:
    """The code and the words with which a call fails."""
    try:
        found = call(*arguments, timeout=WAIT_SECONDS, **options)
    except grpc.RpcError as error:
        return error.code(), error.details()
    raise AssertionError(f"not refused: {found}")


def silence():
    """The requests of a client that says nothing and does not hang up."""
    return iter(queue.SimpleQueue().get, None)


def ended(call) -> tuple:
    """The code and the words with which a stream ends, whatever comes before."""
    try:
        for _ in call:
            pass
    except grpc.RpcError as error:
        return error.code(), error.details()
    return call.code(), call.details()


def sessions(world: World) -> int:
    """Signed-in sessions of the dialect, on all shards."""
    with urllib.request.urlopen(f"http://{world.operator}/metrics", timeout=WAIT_SECONDS) as page:
        text = page.read().decode()
    row = r'^parlance_sessions\{[^}]*dialect="stream"[^}]*\} (\d+)$'
    rows = re.findall(row, text, re.MULTILINE)
    assert rows, text
    return sum(map(int, rows))


def until_sessions(world: World, count: int) -> None:
    deadline = time.monotonic() + WAIT_SECONDS
    while sessions(world) != count:
        assert time.monotonic() < deadline, f"still {sessions(world)} sessions, not {count}"


def send(world: World) -> None:
    bob = Session.synced(world, "json", 2)
    with grpc_channel(world) as channel:
        chat = ChatStub(channel)
        mark = chat.Send(post(PRIVATE, 2, "by call"), metadata=signed(world, 1))
        assert (mark.category, mark.sender, mark.receiver) == (PRIVATE, 1, 2), mark
        assert mark.HasField("timestamp"), mark
        assert ids([bob.next_post()]) == [mark.unique_id]
        group = world.create("group", [1, 2])
        mark = chat.Send(post(GROUP, group, "to a group"), metadata=signed(world, 1))
        assert [entry["id"] for entry in world.log(group)] == [mark.unique_id]


def where_the_token_may_stand(world: World) -> None:
    token = world.token(1)
    with grpc_channel(world) as channel:
        for metadata in (
            [("token", token)],
            [("authorization", f"Bearer {token}")],
            [("grpc-metadata-token", token)],
        ):
            ChatStub(channel).Send(post(PRIVATE, 2, "x"), metadata=metadata)
    assert len(world.log("1-2")) == 3


def retry(world: World) -> None:
    with grpc_channel(world) as channel:
        chat = ChatStub(channel)
        first, again, other = (
            chat.Send(post(PRIVATE, 2, "once"), metadata=signed(world, 1, ("idempotency-key", key)))
            for key in ("k", "k", "l")
        )
    assert first == again != other
    assert len(world.log("1-2")) == 2


def refused(world: World) -> None:
    well = post(PRIVATE, 2, "x")
    with grpc_channel(world) as channel:
        chat, room = ChatStub(channel), RoomStub(channel)
        ann = signed(world, 1)
        assert status(chat.Send, well) == (Code.UNAUTHENTICATED, "token required")
        found = status(chat.Send, well, metadata=[("token", "nonsense")])
        assert found == (Code.UNAUTHENTICATED, "verify token failed")
        for call, message, code in (
            (chat.Send, post(0, 2, "x"), Code.INVALID_ARGUMENT),
            (chat.Send, post(PRIVATE, 2, ""), Code.INVALID_ARGUMENT),
            (chat.Send, post(PRIVATE, 1, "to myself"), Code.INVALID_ARGUMENT),
            (chat.Send, post(PRIVATE, 4711, "x"), Code.NOT_FOUND),
            (room.Send, post(ROOM, 4711, "x"), Code.NOT_FOUND),
            (room.Dispatch, UniqueId(id=4711), Code.NOT_FOUND),
            (room.Dispatch, UniqueId(id=0), Code.NOT_FOUND),
        ):
            found, words = status(call, message, metadata=ann)
            assert found == code and words, (message, found, words)
        read_only = post(CHANNEL, world.create("channel", [1, 2], owner=2), "x")
        assert status(chat.Send, read_only, metadata=ann)[0] == Code.PERMISSION_DENIED
        raw = {"request_serializer": None, "response_deserializer": None}
        nothing = channel.unary_unary("/appootb.message.Chat/Nothing", **raw)
        assert status(nothing, b"", metadata=ann) == (Code.UNIMPLEMENTED, "no such method")
        nowhere = channel.unary_unary("/nowhere.Service/Nothing", **raw)
        assert status(nowhere, b"", metadata=ann)[0] == Code.UNIMPLEMENTED
        bytes_of = channel.unary_unary("/appootb.message.Chat/Send", **raw)
        assert status(bytes_of, b"\xff", metadata=ann)[0] == Code.INVALID_ARGUMENT
        assert status(bytes_of, b"", metadata=ann)[0] == Code.INVALID_ARGUMENT
        assert status(bytes_of, bytes(1 << 20), metadata=ann)[0] == Code.RESOURCE_EXHAUSTED
        squeezed = status(chat.Send, well, metadata=ann, compression=grpc.Compression.Gzip)
        assert squeezed[0] == Code.UNIMPLEMENTED, squeezed
    assert world.log("1-2") == [], "nothing of it was stored"


def streams_refused(world: World) -> None:
    """A stream that does not begin: its status comes at once."""
    with grpc_channel(world) as channel:
        chat, room = ChatStub(channel), RoomStub(channel)
        assert ended(chat.Interact(silence())) == (Code.UNAUTHENTICATED, "token required")
        group = world.create("group", [1, 2])
        for wrong in ("4711", str(group)):
            metadata = signed(world, 1, ("room", wrong))
            found = ended(room.Interact(silence(), metadata=metadata))
            assert found == (Code.NOT_FOUND, "unknown room"), (wrong, found)
        # Who sends nothing more at once has not had all that there is to be said.
        there = signed(world, 1, ("room", str(world.create("room", []))))
        for _ in range(20):
            metadata = signed(world, 1, ("room", "4711"))
            found = ended(room.Interact(iter(()), metadata=metadata))
            assert found == (Code.NOT_FOUND, "unknown room"), found
            assert ended(room.Interact(iter(()), metadata=there))[0] == Code.OK
        for wrong in ("", "x", "1-2"):
            metadata = signed(world, 1, ("room", wrong))
            found = ended(room.Interact(silence(), metadata=metadata))
            assert found[0] == Code.INVALID_ARGUMENT, (wrong, found)
        device = signed(world, 1, ("device_id", "x" * 300))
        assert ended(chat.Interact(silence(), metadata=device))[0] == Code.INVALID_ARGUMENT
    until_sessions(world, 0)


def half_close(world: World) -> None:
    """Who sends nothing more is given what it is owed, and then OK."""
    sent = [post(PRIVATE, 2, f"text {number}") for number in range(40)]
    frames = [
        Stream(sn=f"sn {number}", type=MESSAGES, postbox={"posts": [one]})
        for number, one in enumerate(sent)
    ]
    sync = Stream(sn="sync", type=SYNC, local={"ids": [{"category": PRIVATE, "last_id": 0}]})
    with grpc_channel(world) as channel:
        chat = ChatStub(channel)
        call = chat.Interact(iter(frames), metadata=signed(world, 1), timeout=WAIT_SECONDS)
        answers = list(call)
        assert call.code() == Code.OK, call.details()
        assert [answer.sn for answer in answers] == [frame.sn for frame in frames]
        assert all(answer.type == RECEIPTS for answer in answers), answers
        call = chat.Interact(iter([sync]), metadata=signed(world, 2), timeout=WAIT_SECONDS)
        answers = list(call)
        assert call.code() == Code.OK, call.details()
        found = [one for answer in answers for one in answer.postbox.posts]
        assert texts(found) == [one.text.content for one in sent]
        assert answers[-1].sn == "sync" and not answers[-1].postbox.posts, "the answer's end"
        nothing = chat.Interact(iter(()), metadata=signed(world, 1), timeout=WAIT_SECONDS)
        assert list(nothing) == [] and nothing.code() == Code.OK
    until_sessions(world, 0)


def frames_that_end_the_stream(world: World) -> None:
    with grpc_channel(world) as channel:
        interact = channel.stream_stream("/appootb.message.Chat/Interact")
        for frame, code in (
            (b"\xff\xff", Code.INVALID_ARGUMENT),
            (Stream(type=SYNC).SerializePartialToString(), Code.INVALID_ARGUMENT),
            (bytes(5 << 20), Code.RESOURCE_EXHAUSTED),
        ):
            call = interact(iter([frame]), metadata=signed(world, 1), timeout=WAIT_SECONDS)
            found = ended(call)
            assert found[0] == code and found[1], (frame[:10], found)
        chat = ChatStub(channel)
        squeezed = chat.Interact(
            iter([Stream(sn="s", type=SYNC)]),
            metadata=signed(world, 1),
            compression=grpc.Compression.Gzip,
            timeout=WAIT_SECONDS,
        )
        assert ended(squeezed)[0] == Code.UNIMPLEMENTED
    until_sessions(world, 0)


def cancel(world: World) -> None:
    ann = Session.synced(world, "grpc", 1)
    bob = Session.synced(world, "grpc", 2)
    until_sessions(world, 2)
    ann.transport.call.cancel()
    until_sessions(world, 1)
    bob.transport.channel.close()
    until_sessions(world, 0)


def deadline(world: World) -> None:
    began = time.monotonic()
    ann = Session.synced(world, "grpc", 1, timeout=10)
    try:
        ann.next_post()
        raise AssertionError("nobody sent anything")
    except Closed as closed:
        assert closed.code == Code.DEADLINE_EXCEEDED.value[0], closed
    assert time.monotonic() - began > 9
    until_sessions(world, 0)


def rooms(world: World) -> None:
    room_id = world.create("room", [])
    with grpc_channel(world) as channel:
        room = RoomStub(channel)
        option = room.Dispatch(UniqueId(id=room_id), metadata=signed(world, 1))
        host, port = world.main.rsplit(":", 1)
        assert (option.host, option.port, option.secure) == (host, int(port), False), option
        ann = signed(world, 1)
        assert status(room.Send, post(ROOM, room_id, "x"), metadata=ann)[0] == Code.NOT_FOUND
        joined = Session.synced(world, "grpc", 1, path=f"/message/room?room={room_id}")
        other = Session.synced(world, "json", 2, path=f"/message/room?room={room_id}")
        mark = room.Send(post(ROOM, room_id, "in the room"), metadata=ann)
        assert ids([other.next_post()]) == [mark.unique_id]
        assert ids([joined.next_post()]) == [mark.unique_id], "a call is no session of it"


def kick(world: World) -> None:
    with grpc_channel(world) as channel:
        inner = InnerChatStub(channel)
        phone = Session.synced(world, "grpc", 1, device="phone")
        desk = Session.synced(world, "grpc", 1, device="desk")
        bob = Session.synced(world, "grpc", 2)
        inner.Kick(Connections(product="p", unique_ids=["1/phone"]), metadata=operator(world))
        assert ended(phone.transport.call) == (Code.PERMISSION_DENIED, "kicked")
        until_sessions(world, 2)
        inner.Kick(Connections(product="p", unique_ids=["1", "3"]), metadata=operator(world))
        assert ended(desk.transport.call) == (Code.PERMISSION_DENIED, "kicked")
        until_sessions(world, 1)
        path = f"http://{world.main}/message/inner/chat/conn/p/2%2Fdesk,4"
        key = {"Authorization": f"Bearer {world.operator_key}"}
        assert http("DELETE", path, headers=key).expect(200) == {}
        assert sessions(world) == 1, "bob's device has another name"
        http("DELETE", path.replace("%2Fdesk", ""), headers=key).expect(200)
        assert ended(bob.transport.call) == (Code.PERMISSION_DENIED, "kicked")
        wrong = Connections(product="p", unique_ids=["x"])
        assert status(inner.Kick, wrong, metadata=operator(world))[0] == Code.INVALID_ARGUMENT
        nobody = status(inner.Kick, Connections(product="p"), metadata=signed(world, 1))
        assert nobody[0] == Code.UNAUTHENTICATED, nobody
        assert http("DELETE", path).status == 401
        assert http("POST", path, headers=key).status == 405


def deliver(world: World) -> None:
    bob = Session.synced(world, "grpc", 2)
    group = world.create("group", [2, 3])
    posts = [post(PRIVATE, 2, "from one", 1), post(GROUP, group, "from three", 3)]
    package = Package(sn="p1", posts=posts)
    with grpc_channel(world) as channel:
        inner = InnerChatStub(channel)
        inner.Deliver(package, metadata=operator(world))
        # They come from two conversations, in the order of their ids.
        found = sorted((bob.next_post() for _ in posts), key=lambda one: one.postmark.category)
        assert texts(found) == ["from one", "from three"]
        assert [one.postmark.sender for one in found] == [1, 3]
        inner.Deliver(package, metadata=operator(world))
        assert len(world.log("1-2")) == 1 and len(world.log(group)) == 1, "once"
        partly = Package(sn="p2", posts=[post(PRIVATE, 2, "good", 1), post(PRIVATE, 4711, "x", 1)])
        code, words = status(inner.Deliver, partly, metadata=operator(world))
        assert code == Code.NOT_FOUND and words.startswith("post 2: "), (code, words)
        assert texts([bob.next_post()]) == ["good"]
        assert status(inner.Deliver, package)[0] == Code.UNAUTHENTICATED
        assert status(inner.Deliver, package, metadata=signed(world, 1))[0] == Code.UNAUTHENTICATED
    mark = {"category": PRIVATE, "sender": "3", "receiver": "2"}
    body = {"sn": "p3", "posts": [{"postmark": mark, "type": 1, "text": {"content": "by POST"}}]}
    path = "/message/inner/chat/deliver"
    key = f"Bearer {world.operator_key}"
    assert world.post(path, body, Authorization=key).expect(200) == {}
    assert texts([bob.next_post()]) == ["by POST"]
    assert world.post(path, body).expect(401)["code"] == 16
    assert world.post(path, body, user=1).expect(401)["code"] == 16
    assert world.post(path, {"posts": []}, Authorization=key).expect(400)["code"] == 3
    assert world.post(path, body, Authorization=key, Content_Type="text/plain").status == 415


def reflection(world: World) -> None:
    services = {
        "appootb.message.Chat",
        "appootb.message.InnerChat",
        "appootb.message.Room",
        "grpc.reflection.v1.ServerReflection",
        "grpc.reflection.v1alpha.ServerReflection",
    }
    with grpc_channel(world) as channel:
        database = ProtoReflectionDescriptorDatabase(channel)
        assert services <= set(database.get_services())
        file = database.FindFileContainingSymbol("appootb.message.Chat")
        [chat] = [service for service in file.service if service.name == "Chat"]
        methods = {method.name: method for method in chat.method}
        assert set(methods) == {"Interact", "Send"}, methods
        assert methods["Interact"].client_streaming and methods["Interact"].server_streaming
        assert methods["Send"].input_type == ".appootb.message.Post"
        include = database.FindFileByName("appootb/message/include.proto")
        assert "Stream" in [message.name for message in include.message_type]
        for version in ("v1", "v1alpha"):
            call = channel.stream_stream(
                f"/grpc.reflection.{version}.ServerReflection/ServerReflectionInfo",
                request_serializer=Request.SerializeToString,
                response_deserializer=reflection_pb2.ServerReflectionResponse.FromString,
            )
            requests = [
                Request(list_services=""),
                Request(file_containing_symbol="no.such.Thing"),
                Request(file_containing_symbol="appootb.message.Post"),
            ]
            answering = call(iter(requests), timeout=WAIT_SECONDS)
            listed, missing, found = answering
            assert answering.code() == Code.OK
            names = {service.name for service in listed.list_services_response.service}
            assert services <= names, names
            assert missing.error_response.error_code == Code.NOT_FOUND.value[0], missing
            assert found.file_descriptor_response.file_descriptor_proto, found
        path = "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo"
        malformed = channel.stream_stream(path)
        assert ended(malformed(iter([b"\xff"]), timeout=WAIT_SECONDS))[0] == Code.INVALID_ARGUMENT


def many_calls_of_one_connection(world: World) -> None:
    """Streams and calls of one channel, more than may be open at a time."""
    with grpc_channel(world) as channel:
        chat = ChatStub(channel)
        calls = [
            chat.Send.future(post(PRIVATE, 2, f"call {number}"), metadata=signed(world, 1))
            for number in range(300)
        ]
        marks = {call.result(timeout=WAIT_SECONDS).unique_id for call in calls}
    assert len(marks) == 300 == len(world.log("1-2"))


def drain(world: World, pid: str) -> None:
    """A server that ends says so: UNAVAILABLE, which clients of gRPC try again by themselves."""
    ann = Session.synced(world, "grpc", 1)
    bob = Session.synced(world, "grpc", 2)
    os.kill(int(pid), signal.SIGTERM)
    for session in (ann, bob):
        assert ended(session.transport.call) == (Code.UNAVAILABLE, "drain")


def not_calls(world: World) -> None:
    """Requests that are not quite calls are answered in HTTP's words."""
    url = f"http://{world.main}/appootb.message.Chat/Send"
    for content_type, wanted in (
        ("application/json", 415),
        ("application/grpc", 505),
        ("application/grpc+json", 505),
    ):
        answer = http("POST", url, b"", {"Content-Type": content_type})
        assert answer.status == wanted and answer.json()["message"], (content_type, answer)
    assert http("GET", url).status == 405


def long_texts_both_ways(world: World) -> None:
    """More than any window holds, so that both sides wait for one another's."""
    ann, bob = Session.synced(world, "grpc", 1), Session.synced(world, "grpc", 2)
    sent = [f"{number:032768d}" for number in range(100)]
    marks = [ann.send(text_post(PRIVATE, 2, text))[0] for text in sent]
    received = [bob.next_post() for _ in sent]
    assert texts(received) == sent
    assert ids(received) == [mark.unique_id for mark in marks]
