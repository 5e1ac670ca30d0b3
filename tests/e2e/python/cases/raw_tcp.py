"""Raw TCP on the stream listener: sign-in, cuts, and what ends a connection."""

import socket

from schema import MESSAGES, PRIVATE, SYNC, SignIn, Status, Stream
from session import Session, ids, text_post
from transports import Closed, RawTcp, delimited, split
from world import WAIT_SECONDS, World


def sign_in(world: World) -> None:
    accepted = RawTcp(world, 1)
    assert accepted.signed_in.code == 0, accepted.signed_in
    for token in ("", "nonsense", world.token(1)[:-4] + "AAAA"):
        refused = RawTcp(world, 1, token=token)
        assert refused.signed_in.code == 16 and refused.signed_in.message, refused.signed_in
        assert closed(refused), "a refused sign-in ends the connection"


def cut_anywhere(world: World) -> None:
    """A sign-in, a SYNC and a post, one byte at a time; then all in one write."""
    bob = Session.synced(world, "tcp", 2)
    frames = [SignIn(token=world.token(1)), Stream(sn="s", type=SYNC)]
    frames[1].local.SetInParent()
    post = Stream(sn="p", type=MESSAGES)
    post.postbox.posts.append(text_post(PRIVATE, 2, "in pieces"))
    frames.append(post)
    bytes_of_all = b"".join(delimited(frame.SerializeToString()) for frame in frames)
    for piece in (1, len(bytes_of_all)):
        link = socket.create_connection(world.stream_address(), timeout=WAIT_SECONDS)
        link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for start in range(0, len(bytes_of_all), piece):
            link.sendall(bytes_of_all[start : start + piece])
        buffer, answers = b"", []
        while len(answers) < 3:
            frame, buffer = split(buffer)
            if frame is None:
                buffer += link.recv(65536)
            else:
                answers.append(frame)
        assert Status.FromString(answers[0]).code == 0
        assert {Stream.FromString(answer).sn for answer in answers[1:]} == {"s", "p"}
        link.close()
    # The second post repeats the first one's key, and so is the same message.
    sent = Session.synced(world, "tcp", 1).send_text(PRIVATE, 2, "marker")
    received = [bob.next_post(), bob.next_post()]
    assert [post.text.content for post in received] == ["in pieces", "marker"], received
    assert ids(received)[1] == sent


def what_cannot_be_decoded(world: World) -> None:
    """An error frame, then the end; the server lives on."""
    for payload in (b"\xff" * 12, b"\x0a\x7fabc", b"\x08\x01", b"\x0a\x02\xc3\x28\x18\x01"):
        link = RawTcp(world, 1)
        link.socket.sendall(delimited(payload))
        answer = link.receive()
        assert answer.error.code == 3, (payload, answer)
        assert closed(link), payload
    assert Session.synced(world, "tcp", 1).send_text(PRIVATE, 2, "lives") > 0


def lengths_that_lie(world: World) -> None:
    """Longer than any frame may be, or no length at all: refused at the length itself."""
    for head in (b"\xff\xff\xff\xff\x7f", b"\xff" * 11, b"\x80\x80\x80\x80\x80\x80\x80\x80\x80\x02"):
        link = RawTcp(world, 1)
        link.socket.sendall(head)
        assert closed(link), head


def closed(link: RawTcp) -> bool:
    """Whether the server ends the connection, whatever it still says."""
    try:
        while True:
            link.receive_frame()
    except (Closed, ConnectionResetError, BrokenPipeError):
        return True
