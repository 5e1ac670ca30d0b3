"""POST /message/chat/send and what else of `stream` is plain HTTP."""

import json
import re

from schema import GROUP, PRIVATE, ROOM
from session import Session, ids
from world import World, http


def body(category: int, receiver: int, text: str) -> dict:
    mark = {"category": category, "sender": "1", "receiver": str(receiver)}
    return {"postmark": mark, "type": 1, "text": {"content": text}}


def send(world: World) -> None:
    bob = Session.synced(world, "json", 2)
    answer = world.post("/message/chat/send", body(PRIVATE, 2, "by POST"), user=1)
    mark = answer.expect(200)
    assert answer.content_type.startswith("application/json"), answer
    assert set(mark) == {"category", "sender", "receiver", "unique_id", "timestamp"}, mark
    assert (mark["category"], mark["sender"], mark["receiver"]) == (1, "1", "2"), mark
    assert ids([bob.next_post()]) == [int(mark["unique_id"])]
    group = world.create("group", [1, 2])
    mark = world.post("/message/chat/send", body(GROUP, group, "to a group"), user=1).expect(200)
    assert ids([bob.next_post()]) == [int(mark["unique_id"])]
    assert [entry["id"] for entry in world.log(group)] == [int(mark["unique_id"])]


def where_the_token_may_stand(world: World) -> None:
    token = world.token(1)
    data = json.dumps(body(PRIVATE, 2, "x")).encode()
    url = f"http://{world.main}/message/chat/send"
    kind = {"Content-Type": "application/json; charset=utf-8"}
    for headers, query in (
        ({"Authorization": f"Bearer {token}"}, ""),
        ({"Grpc-Metadata-Token": token}, ""),
        ({}, f"?token={token}&platform=1"),
    ):
        http("POST", url + query, data, kind | headers).expect(200)


def retry(world: World) -> None:
    post = body(PRIVATE, 2, "once")
    first = world.post("/message/chat/send", post, user=1, idempotency_key="k").expect(200)
    again = world.post("/message/chat/send", post, user=1, idempotency_key="k").expect(200)
    assert again == first
    other = world.post("/message/chat/send", post, user=1, idempotency_key="l").expect(200)
    assert other != first
    assert len(world.log("1-2")) == 2


def refused(world: World) -> None:
    path = "/message/chat/send"
    well = body(PRIVATE, 2, "x")

    def fault(answer, status: int, code: int) -> None:
        found = answer.expect(status)
        assert found["code"] == code and isinstance(found["message"], str), found

    fault(world.post(path, well), 401, 16)
    fault(world.post(path, well, Authorization="Bearer nonsense"), 401, 16)
    fault(world.post(path, well, Authorization="Basic YTpi"), 401, 16)
    fault(world.post(path, body(0, 2, "x"), user=1), 400, 3)
    fault(world.post(path, body(PRIVATE, 2, ""), user=1), 400, 3)
    fault(world.post(path, body(PRIVATE, 4711, "x"), user=1), 404, 5)
    fault(world.post(path, body(GROUP, 4711, "x"), user=1), 404, 5)
    channel = world.create("channel", [1, 2], owner=2)
    fault(world.post(path, body(3, channel, "x"), user=1), 403, 7)
    for malformed in (b"", b"{", b"[]", b"\xff", b'{"type":1,"type":1}'):
        fault(world.post(path, malformed, user=1), 400, 3)
    status = world.post(path, well, user=1, Content_Type="text/plain").status
    assert status == 415, status
    assert http("GET", f"http://{world.main}{path}").status in (404, 405)
    assert http("POST", f"http://{world.main}/message/chat/nothing", b"{}").status == 404
    assert world.log("1-2") == [], "nothing of it was stored"


def room_calls(world: World) -> None:
    room = world.create("room", [])
    headers = {"Authorization": f"Bearer {world.token(1)}"}
    server = http("GET", f"http://{world.main}/message/room/{room}/server", headers=headers)
    option = server.expect(200)
    assert option["host"] and re.fullmatch(r"\d+", str(option["port"])), option
    post = body(ROOM, room, "in the room")
    assert world.post("/message/room/send", post, user=1).status == 404, "nobody joined yet"
    joined = Session.synced(world, "json", 1, path=f"/message/room?room={room}")
    other = Session.synced(world, "json", 2, path=f"/message/room?room={room}")
    mark = world.post("/message/room/send", post, user=1).expect(200)
    assert ids([other.next_post()]) == [int(mark["unique_id"])]
    assert ids([joined.next_post()]) == [int(mark["unique_id"])], "POST is no session of it"
