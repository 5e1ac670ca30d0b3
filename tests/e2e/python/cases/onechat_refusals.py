"""Whatever is wrong is answered in its words, and the connection goes on."""

import json

from strict_onechat import Client, Closed, ack, befriend, group, single
from world import World

ANN, BOB = 1, 2


def commands(world: World, framing: str) -> None:
    """The table of the messages' refusals."""
    befriend(world, ANN, BOB)
    room = world.create("group", [BOB, 3])
    channel = world.create("channel", [BOB, ANN], owner=BOB)
    ann = Client.signed_in(world, framing, ANN)
    not_friends = ("You are not friends", 10403)
    not_in_room = ("You are not in this room", 10403)
    single_type = ("Single chat send msg to user id must be integer", 10400)
    group_type = ("Group chat send msg to room id must be integer", 10400)
    no_action = ("404 Not Found this ack action", 10404)
    unknown = ("Unknown cmd", 10400)
    table = [
        (single(3, "x"), not_friends),
        (single(999_999, "x"), not_friends),
        (single(ANN, "x"), not_friends),
        (single(0, "x"), not_friends),
        (single(-2, "x"), not_friends),
        (single("2", "x"), single_type),
        (single(2.5, "x"), single_type),
        (single(None, "x"), single_type),
        ({"cmd": "single_chat", "msg": "x", "ack": "t"}, single_type),
        (group(room, "x"), not_in_room),
        (group(999_999, "x"), not_in_room),
        (group(0, "x"), not_in_room),
        (group("12", "x"), group_type),
        (group([12], "x"), group_type),
        (group(channel, "x"), ("You can only read in this room", 10403)),
        ({"cmd": "single_chat", "to": BOB, "ack": "t"}, ("msg must be string", 10400)),
        (single(BOB, ""), ("msg must not be empty", 10400)),
        (single(BOB, "a\0b"), ("msg must not hold NUL", 10400)),
        (single(BOB, "x" * 32_769), ("msg must less than 32769 bytes", 10400)),
        (single(BOB, "x", "t" * 257), ("ack must less than 257 bytes", 10400)),
        (single(BOB, "x", 7), ("ack must be string", 10400)),
        ({"cmd": "ack", "action": "no such action", "ack": 1}, no_action),
        ({"cmd": "ack", "ack": 1}, no_action),
        ({"cmd": "ack", "action": "single_chat"}, ("ack must be integer", 10400)),
        ({"cmd": "ack", "action": "notification", "ack": "x"}, ("ack must be integer", 10400)),
        ({"cmd": "ack", "action": "group_chat", "ack": [1, {}]}, ("ack must be integer", 10400)),
        ({"cmd": "no such thing", "ack": "t"}, unknown),
        ({"cmd": 7}, unknown),
        ({}, unknown),
    ]
    offline = ("User is not online.", 10403) if framing == "websocket" else unknown
    no_call = ("Invide room.", 10404) if framing == "websocket" else unknown
    table += [
        ({"cmd": "webrtc_create", "to": BOB, "name": "n"}, offline),
        ({"cmd": "webrtc_send_offer", "to": BOB, "sdp": "s"}, offline),
        ({"cmd": "webrtc_send_answer", "to": BOB, "sdp": "s"}, offline),
        ({"cmd": "webrtc_send_ice_candidate", "to": BOB, "label": 0, "candidate": "c"}, offline),
        ({"cmd": "webrtc_join", "to": "u"}, no_call),
        ({"cmd": "webrtc_leave", "to": "u"}, no_call),
    ]
    for command, refusal in table:
        # The client insists that an error has its three keys, so no request's `ack`.
        assert ann.refused(command) == refusal, command
    assert ann.ask(single(BOB, "still here", "k")) == ack("single_chat", "k")
    assert [entry["content"]["text"] for entry in world.log("1-2")] == ["still here"]


def malformed(world: World, framing: str) -> None:
    befriend(world, ANN, BOB)
    for client in (Client(world, framing), Client.signed_in(world, framing, ANN)):
        texts = ['{"cmd":}', '{"cmd":"ack","cmd":"ack"}', '{"cmd":"\\ud800"}', '{"to":1e999}']
        if framing != "bare":
            # In bare framing these begin nothing that ends, or make it another connection.
            texts += ["[1,2]", "nothing", '"login"', "{", ""]
        for text in texts:
            client.send_text(text)
            frame = client.receive()
            assert frame == {"cmd": "error", "msg": "Invide JSON", "code": 10400}, text
    assert client.ask(single(BOB, "still here", "k")) == ack("single_chat", "k")
    if framing == "bare":
        # What came with it is dropped; what comes next is read afresh.
        client.send_text('{"cmd":]} {"cmd":"logout"}')
        assert client.receive()["msg"] == "Invide JSON"
        client.silent()


def too_long(world: World, framing: str) -> None:
    """A frame over the limit is skipped, of whatever length, and answered once."""
    befriend(world, ANN, BOB)
    ann = Client.signed_in(world, framing, ANN)
    for length in (65_537, 300_000):
        ann.send_text(padded(single(BOB, "x"), length))
        frame = ann.receive()
        assert (frame["msg"], frame["code"]) == ("data must less than 65536 bytes", 10400), frame
    ann.send_text(padded(single(BOB, "longest", "k"), 65_536))
    assert ann.receive() == ack("single_chat", "k")
    assert [entry["content"]["text"] for entry in world.log("1-2")] == ["longest"]


def too_long_websocket(world: World, framing: str) -> None:
    """Over WebSocket it ends the connection, by the protocol's own code."""
    ann = Client.signed_in(world, framing, ANN)
    ann.send_text(padded(single(BOB, "x"), 65_537))
    try:
        text = ann.receive_text()
    except Closed as closed:
        assert closed.code == 1009, closed.code
    else:
        raise AssertionError(f"not closed: {text!r}")
    assert world.operate("GET", "/api/v1/conversations/1-2/messages").expect(200)["messages"] == []


def padded(command: dict, length: int) -> str:
    text = json.dumps(command)
    return text[:-1] + " " * (length - len(text)) + text[-1:]
