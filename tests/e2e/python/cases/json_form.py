"""The exact JSON of the `stream` dialect, looked at without the protobuf library."""

import json
import re

from schema import MESSAGES, PRIVATE, RECEIPTS, SYNC
from session import Session
from transports import Closed, WebSocketTransport
from world import World

STAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")


def opened(world: World, user: int) -> WebSocketTransport:
    transport = WebSocketTransport(world, user)
    transport.socket.send('{"sn":"s","type":1,"local":{"ids":[]}}')
    frame = json.loads(transport.receive_frame())
    assert frame["sn"] == "s" and frame["type"] == MESSAGES, frame
    assert set(frame) == {"sn", "type", "postbox"}, frame
    assert frame["postbox"] in ({}, {"posts": []}), frame
    return transport


def what_the_server_writes(world: World) -> None:
    ann, bob = opened(world, 1), opened(world, 2)
    ann.socket.send(
        '{"sn":"a","type":2,"postbox":{"posts":[{"postmark":{"category":1,"sender":"1",'
        '"receiver":"2","expire":"90.5s"},"type":1,"text":{"content":"hi"}}]}}'
    )
    answer = json.loads(ann.receive_frame())
    assert set(answer) == {"sn", "type", "receipts"}, answer
    assert answer["sn"] == "a" and answer["type"] == RECEIPTS, answer
    [mark] = answer["receipts"]["postmarks"]
    assert mark["category"] == PRIVATE, "enums are numbers"
    assert mark["sender"] == "1" and mark["receiver"] == "2", "64-bit integers are strings"
    assert re.fullmatch(r"[1-9]\d*", mark["unique_id"]), mark
    assert mark["expire"] == "90.500s" and STAMP.fullmatch(mark["timestamp"]), mark
    assert list(answer["receipts"]) == ["postmarks"], "what is not set is not there"
    frame = json.loads(bob.receive_frame())
    assert set(frame) == {"sn", "type", "postbox"} and frame["type"] == MESSAGES, frame
    [post] = frame["postbox"]["posts"]
    assert post == {"postmark": mark, "type": 1, "text": {"content": "hi"}}, post


def what_the_server_reads(world: World) -> None:
    """Names or numbers, strings or numbers, snake or camel, unknown fields, blank frames."""
    ann, bob = opened(world, 1), opened(world, 2)
    accepted = [
        '{"sn":"1","type":"PAYLOAD_TYPE_MESSAGES","postbox":{"posts":[{"postmark":{"category":'
        '"CATEGORY_PRIVATE","sender":1,"receiver":2},"type":"TYPE_TEXT","text":{"content":"x"}}]}}',
        '{"sn":"2","type":2,"unknown":[{"deep":null}],"postbox":{"posts":[{"postmark":{"category":1,'
        '"sender":"1","receiver":"2","uniqueId":"5","later":1},"type":1,"text":{"content":"x"}}]}}',
        ' \n{"sn":"3","type":2,"local":null,"postbox":{"posts":[{"postmark":{"category":1,'
        '"sender":"1","receiver":"2","expire":null},"type":1,"text":{"content":"\\u0078"}}]}}\n',
    ]
    for number, text in enumerate(accepted, 1):
        ann.socket.send("")
        ann.socket.send("\n")
        ann.socket.send(text)
        answer = json.loads(ann.receive_frame())
        assert answer["sn"] == str(number) and "receipts" in answer, answer
        [post] = json.loads(bob.receive_frame())["postbox"]["posts"]
        assert post["text"] == {"content": "x"}, post


def faults(world: World) -> None:
    """A frame that is JSON and no request: an answer of its own sn, and the stream goes on."""
    ann = opened(world, 1)
    mark = '{"category":1,"sender":"1","receiver":"2"}'
    refused = [
        ('{"sn":"f","type":0}', 3),
        ('{"sn":"f","type":99}', 3),
        ('{"sn":"f","type":2,"postbox":{"posts":[{"postmark":' + mark + ',"type":1}]}}', 3),
        (
            '{"sn":"f","type":2,"postbox":{"posts":[{"postmark":{"category":1,"sender":"1",'
            '"receiver":"4711"},"type":1,"text":{"content":"x"}}]}}',
            5,
        ),
    ]
    for text, code in refused:
        ann.socket.send(text)
        answer = json.loads(ann.receive_frame())
        assert answer["sn"] == "f" and answer["error"]["code"] == code, (text, answer)
        assert set(answer["error"]) == {"code", "message"}, answer
        assert answer["type"] == json.loads(text)["type"], answer


def frames_that_end_the_stream(world: World) -> None:
    ended = [
        "{",
        "[1,2,3]",
        "nothing of the kind",
        '{"sn":"a","sn":"b","type":1}',
        '{"sn":"\\ud800","type":1}',
        '{"type":1}',
        "[" * 1000,
        '{"sn":"a","type":1,"local":' + '{"a":' * 40 + "1" + "}" * 40 + "}",
        b"\xff\xff\xff",
        b"\x0a\x05ab",
    ]
    for frame in ended:
        transport = opened(world, 1)
        transport.socket.send(frame)
        try:
            answer = transport.receive_frame()
            raise AssertionError(f"{frame[:40]!r} was answered: {answer!r}")
        except Closed as closed:
            assert closed.code in (1007, 1008), (frame[:40], closed.code)


def the_servers_opcode_follows_the_clients(world: World) -> None:
    ann = Session.synced(world, "binary", 1)
    Session.synced(world, "json", 2).send_text(PRIVATE, 1, "to a binary client")
    assert isinstance(ann.transport.receive_frame(), bytes)
    ann.transport.socket.send('{"sn":"t","type":1,"local":{"ids":[{"category":1}]}}')
    answer = ann.transport.receive_frame()
    assert isinstance(answer, str) and json.loads(answer)["sn"] == "t", answer
    untouched = WebSocketTransport(world, 1)
    frame = untouched.receive_frame()
    assert isinstance(frame, str), "text before the client's first frame"
    assert json.loads(frame)["type"] == MESSAGES != SYNC
