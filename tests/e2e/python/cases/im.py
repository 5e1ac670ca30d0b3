"""The `im` dialect by `httpx` over HTTP/2 with `protobuf`, by `grpcio` with generated stubs, and its
push channel by `websockets`."""

import json
import struct

import grpc
import httpx

from grpc_stubs import im_chat as chat
from grpc_stubs import im_chat_grpc
from transports import grpc_channel, open_websocket
from world import WAIT_SECONDS, World

PROTOBUF = "application/x-protobuf"
RECEIVES_MAX = 65_536


def friends(world: World) -> None:
    world.operate("POST", "/api/v1/friendships", {"a": 1, "b": 2}).expect(201)


def caller(world: World, user: int) -> httpx.Client:
    """HTTP/2 with prior knowledge: without HTTP/1.1 there is nothing to fall back on."""
    headers = {"Token": world.token(user), "Content-Type": PROTOBUF, "Accept": PROTOBUF}
    return httpx.Client(
        http1=False,
        http2=True,
        base_url=f"http://{world.main}",
        headers=headers,
        timeout=WAIT_SECONDS,
        trust_env=False,
    )


def sent(text: str):
    return chat.send_req(target="2", target_type="user", msg=text, extra="e")


def http2_and_protobuf(world: World) -> None:
    friends(world)
    with caller(world, 1) as ann, caller(world, 2) as bob:
        for index, text in enumerate(["one", "two"], start=1):
            answer = ann.post("/im.chat/send", content=sent(text).SerializeToString())
            assert (answer.http_version, answer.status_code) == ("HTTP/2", 200), answer.text
            assert answer.headers["content-type"] == PROTOBUF, answer.headers
            assert chat.send_resp.FromString(answer.content).msg_index == index
        recall = chat.recall_req(target="2", target_type="user", msg_index=1)
        answer = ann.post("/im.chat/recall", content=recall.SerializeToString())
        assert chat.recall_resp.FromString(answer.content).recall_index == 1, answer.content
        pull = chat.pull_req(
            target="1",
            target_type="user",
            direction="after",
            start_msg_index=1,
            start_recall_index=1,
            count=50,
        )
        answer = bob.post("/im.chat/pull", content=pull.SerializeToString())
        pulled = chat.pull_resp.FromString(answer.content)
        seen = [(one.msg_index, one.recall_index, one.msg, one.extra) for one in pulled.msgs]
        assert seen == [(1, 1, "one", "e"), (2, 0, "two", "e")], seen
        assert dict(pulled.recalls) == {1: 1}, pulled
        answer = bob.post("/im.chat/ack", content=b"\x0a\x011\x12\x04user\x18\x02")
        assert (answer.status_code, answer.content) == (200, b""), answer
        # Errors are JSON, whatever is accepted.
        answer = ann.post("/im.chat/send", content=b"\x0a")
        assert (answer.status_code, answer.text) == (400, '{"code":10001,"msg":"request error"}')


def grpc_and_its_statuses(world: World) -> None:
    friends(world)
    metadata = [("token", world.token(1))]
    with grpc_channel(world) as channel:
        stub = im_chat_grpc.chatStub(channel)
        answer = stub.send(sent("by gRPC"), metadata=metadata, timeout=WAIT_SECONDS)
        assert answer.msg_index == 1, answer
        pull = chat.pull_req(
            target="2", target_type="user", direction="after", start_msg_index=1, count=1
        )
        pulled = stub.pull(pull, metadata=metadata, timeout=WAIT_SECONDS)
        assert [one.msg for one in pulled.msgs] == ["by gRPC"], pulled
        refusals = [
            (stub.send, sent("x"), [], grpc.StatusCode.UNAUTHENTICATED, 10004),
            (stub.send, chat.send_req(), metadata, grpc.StatusCode.INVALID_ARGUMENT, 10001),
            (
                stub.send,
                chat.send_req(target="3", target_type="user", msg="x"),
                metadata,
                grpc.StatusCode.PERMISSION_DENIED,
                22004,
            ),
            (
                stub.recall,
                chat.recall_req(target="2", target_type="user", msg_index=9),
                metadata,
                grpc.StatusCode.NOT_FOUND,
                20001,
            ),
        ]
        for method, message, sent_metadata, status, code in refusals:
            try:
                method(message, metadata=sent_metadata, timeout=WAIT_SECONDS)
            except grpc.RpcError as error:
                assert error.code() == status, error
                assert json.loads(error.details())["code"] == code, error
            else:
                raise AssertionError(f"{message} was not refused")


def pushes_by_websocket(world: World) -> None:
    friends(world)
    socket = open_websocket(world, "/im.push")
    socket.send(struct.pack(">I", RECEIVES_MAX) + world.token(2).encode())
    assert socket.recv(timeout=WAIT_SECONDS) == b"\x04\x00\x00\x00"
    with caller(world, 1) as ann:
        answer = ann.post("/im.chat/send", content=sent("hello").SerializeToString())
        assert answer.status_code == 200, answer.text
    push = json.loads(socket.recv(timeout=WAIT_SECONDS))
    assert push["Type"] == "msg", push
    content = push["Content"]
    assert (content["sender"], content["msg"], content["extra"]) == ("1", "hello", "e"), push
    assert (content["target"], content["target_type"]) == ("1", "user"), push
    # The library answers pings by itself; its own are answered too.
    assert socket.ping(b"12345678").wait(WAIT_SECONDS)
    socket.close()
