"""What a post may hold: every type, and what is refused."""

from schema import AUDIO, CONTACT, FILE, GIF, LOCATION, PHOTO, PRIVATE, STICKER, TEXT, VIDEO
from schema import MESSAGES, READ, Post, Stream
from session import Session, other_post, text_post
from world import World

INVALID_ARGUMENT = 3
TEXT_BYTES_MAX = 32_768


def every_type(world: World, transport: str) -> None:
    ann, bob = Session.synced(world, transport, 1), Session.synced(world, transport, 2)
    media = {"url": "https://example.org/m.bin", "thumbnail": "https://example.org/t.png"}
    posts = [other_post(TEXT, PRIVATE, 2, text={"content": "tëxt \n\t\u0007 𝄞 \u202e"})]
    for kind in (AUDIO, STICKER, PHOTO, VIDEO, GIF, FILE, CONTACT):
        posts.append(other_post(kind, PRIVATE, 2, resource=media))
    posts.append(other_post(PHOTO, PRIVATE, 2, resource={"url": "https://example.org/p"}))
    place = {"latitude": 52.520008, "longitude": -13.404954}
    posts.append(other_post(LOCATION, PRIVATE, 2, coordinate=place))
    posts.append(other_post(LOCATION, PRIVATE, 2, coordinate={"latitude": 0, "longitude": 0}))
    posts.append(other_post(CONTACT, PRIVATE, 2, text={"content": "BEGIN:VCARD"}))
    marks = ann.send(*posts)
    for post, mark in zip(posts, marks, strict=True):
        post.postmark.CopyFrom(mark)
        received = bob.next_post()
        assert received == post, f"{received} is not {post}"
    synced = Session.open(world, transport, 2).sync({PRIVATE: 0})
    assert synced == posts, "from the log as it was live"


def envelope_that_does_not_match(world: World, transport: str) -> None:
    ann = Session.synced(world, transport, 1)
    media, place = {"url": "https://example.org/m"}, {"latitude": 1, "longitude": 2}
    refused = [
        other_post(0, PRIVATE, 2, text={"content": "no type"}),
        other_post(TEXT, PRIVATE, 2),
        other_post(TEXT, PRIVATE, 2, resource=media),
        other_post(TEXT, PRIVATE, 2, coordinate=place),
        other_post(PHOTO, PRIVATE, 2, text={"content": "no picture"}),
        other_post(LOCATION, PRIVATE, 2, resource=media),
        other_post(CONTACT, PRIVATE, 2, coordinate=place),
        other_post(READ, PRIVATE, 2),
    ]
    for post in refused:
        assert ann.refused(post) == INVALID_ARGUMENT, post
    assert ann.send_text(PRIVATE, 2, "the stream goes on") > 0


def length_of_text(world: World, transport: str) -> None:
    ann, bob = Session.synced(world, transport, 1), Session.synced(world, transport, 2)
    for text in ("x", "x" * TEXT_BYTES_MAX, "é" * (TEXT_BYTES_MAX // 2)):
        ann.send_text(PRIVATE, 2, text)
        assert bob.next_post().text.content == text
    for text in ("", "x" * (TEXT_BYTES_MAX + 1), "é" * (TEXT_BYTES_MAX // 2) + "x", "a\0b"):
        assert ann.refused(text_post(PRIVATE, 2, text)) == INVALID_ARGUMENT, text[:10]
    assert ann.send_text(PRIVATE, 2, "the stream goes on") > 0


def required_fields(world: World, transport: str) -> None:
    """A required field that is not there; protobuf's own libraries refuse to write that."""
    ann = Session.synced(world, transport, 1)
    post = Post(type=TEXT, text={"content": "without a receiver"})
    post.postmark.category = PRIVATE
    frame = (
        '{"sn":"bare","type":2,"postbox":{"posts":[{"postmark":{"category":1,"sender":"1"},'
        '"type":1,"text":{"content":"without a receiver"}}]}}'
    )
    ann.transport.socket.send(frame if transport == "json" else partial_frame(post))
    answer = ann.transport.receive()
    assert answer.sn == "bare" and answer.error.code == INVALID_ARGUMENT, answer
    assert ann.send_text(PRIVATE, 2, "the stream goes on") > 0


def partial_frame(post: Post) -> bytes:
    frame = Stream(sn="bare", type=MESSAGES)
    frame.postbox.posts.append(post)
    return frame.SerializePartialToString()
