"""The `stream` dialect's conversation, the same over every transport.

Where something must NOT arrive, the case sends a marker after it and shows that the marker is
what arrives next.
"""

from datetime import timedelta

from schema import CHANNEL, GROUP, MESSAGES, PRIVATE, READ, RECALL, RECEIPTS, ROOM, TEXT
from schema import Postmark, Stream
from session import Fault, Session, ids, other_post, text_post, texts
from world import World

INVALID_ARGUMENT, NOT_FOUND, PERMISSION_DENIED = 3, 5, 7


def private_message(world: World, transport: str) -> None:
    ann = Session.synced(world, transport, 1, device="phone")
    ann_too = Session.synced(world, transport, 1, device="desk")
    bob = Session.synced(world, transport, 2)
    [mark] = ann.send(text_post(PRIVATE, 2, "hello"))
    assert (mark.category, mark.sender, mark.receiver) == (PRIVATE, 1, 2), mark
    assert 0 < mark.unique_id < 2**53, mark
    assert mark.HasField("timestamp") and mark.timestamp.seconds > 1_704_067_200, mark
    post = bob.next_post()
    assert post.postmark == mark and post.type == TEXT and post.text.content == "hello", post
    assert ann_too.next_post() == post, "the sender's other session gets it too"
    back = bob.send_text(PRIVATE, 1, "marker")
    post = ann.next_post()
    assert post.text.content == "marker", "the sending session does not get its own post"
    assert post.postmark.unique_id == back > mark.unique_id
    assert texts(Session.open(world, transport, 3).sync({PRIVATE: 0})) == [], "for nobody else"


def posts_of_one_frame(world: World, transport: str) -> None:
    ann, bob = Session.synced(world, transport, 1), Session.synced(world, transport, 2)
    sent = [f"text {number}" for number in range(20)]
    marks = ann.send(*[text_post(PRIVATE, 2, text) for text in sent])
    received = [bob.next_post() for _ in sent]
    assert texts(received) == sent
    assert ids(received) == [mark.unique_id for mark in marks] == sorted(ids(received))


def sync_by_last_id(world: World, transport: str) -> None:
    group = world.create("group", [1, 2])
    ann = Session.synced(world, transport, 1)
    sent = [ann.send_text(PRIVATE, 2, f"p{number}") for number in range(6)]
    in_group = [ann.send_text(GROUP, group, f"g{number}") for number in range(3)]
    bob = Session.open(world, transport, 2)
    assert ids(bob.sync({PRIVATE: 0})) == sent, "everything, in rising order"
    assert ids(bob.sync({PRIVATE: sent[2]})) == sent[3:], "exactly what is newer"
    bob.receipt({PRIVATE: sent[-1]})
    assert ids(bob.sync({PRIVATE: sent[3]})) == sent[4:], "whatever was receipted"
    assert bob.sync({PRIVATE: sent[-1]}) == []
    assert ids(bob.sync({PRIVATE: sent[4], GROUP: in_group[0]})) == sent[5:] + in_group[1:]
    assert bob.sync({PRIVATE: 2**60}) == [], "an id that is still to come"
    later = ann.send_text(PRIVATE, 2, "later")
    assert ids([bob.next_post()]) == [later], "after the answer nothing is repeated"


def sync_by_cursor(world: World, transport: str) -> None:
    group = world.create("group", [1, 2])
    ann = Session.synced(world, transport, 1)
    sent = [ann.send_text(PRIVATE, 2, f"p{number}") for number in range(5)]
    in_group = [ann.send_text(GROUP, group, f"g{number}") for number in range(2)]
    bob = Session.open(world, transport, 2)
    assert sorted(ids(bob.sync())) == sorted(sent + in_group), "nothing was receipted yet"
    bob.receipt({PRIVATE: sent[2]})
    assert ids(bob.sync({PRIVATE: None})) == sent[3:], "a category without an id"
    bob.receipt(
        postmarks=[Postmark(category=PRIVATE, sender=1, receiver=2, unique_id=sent[4])]
    )
    assert sorted(ids(bob.sync())) == sorted([sent[3], *in_group]), "receipted one by one"
    bob.close()
    again = Session.open(world, transport, 2)
    assert sorted(ids(again.sync())) == sorted([sent[3], *in_group]), "the server remembers"
    again.receipt({PRIVATE: sent[3], GROUP: in_group[-1]})
    assert again.sync() == []


def sync_in_pages(world: World, transport: str) -> None:
    ann = Session.synced(world, transport, 1)
    sent = []
    for start in range(0, 600, 100):
        posts = [text_post(PRIVATE, 2, f"{number}") for number in range(start, start + 100)]
        sent += [mark.unique_id for mark in ann.send(*posts)]
    bob = Session.open(world, transport, 2)
    received = bob.sync({PRIVATE: 0})
    assert ids(received) == sent
    assert texts(received) == [str(number) for number in range(600)]


def no_sync_at_all(world: World, transport: str) -> None:
    ann = Session.synced(world, transport, 1)
    missed = ann.send_text(PRIVATE, 2, "missed")
    bob = Session.open(world, transport, 2)
    assert ids([bob.next_post()]) == [missed], "the server answers an empty SYNC by itself"
    live = ann.send_text(PRIVATE, 2, "live")
    assert ids([bob.next_post()]) == [live]


def recall(world: World, transport: str) -> None:
    ann, bob = Session.synced(world, transport, 1), Session.synced(world, transport, 2)
    kept = ann.send_text(PRIVATE, 2, "kept")
    meant = ann.send_text(PRIVATE, 2, "a slip")
    by_id = other_post(RECALL, PRIVATE, 2, {"unique_id": meant})
    [mark] = ann.send(by_id)
    assert mark.unique_id > meant, "the recall has an id of its own"
    assert ids([bob.next_post(), bob.next_post()]) == [kept, meant]
    event = bob.next_post()
    assert event.type == RECALL and event.postmark.unique_id == mark.unique_id, event
    assert event.text.content == str(meant), event
    found = Session.open(world, transport, 2).sync({PRIVATE: 0})
    assert ids(found) == [kept, mark.unique_id], "the recall, and not what was recalled"
    ann.send(by_id)
    found = Session.open(world, transport, 2).sync({PRIVATE: 0})
    assert ids(found) == [kept, mark.unique_id], "a second recall does nothing new"
    theirs = bob.send_text(PRIVATE, 1, "bob's own")
    by_text = other_post(RECALL, PRIVATE, 2, text={"content": str(theirs)})
    assert ann.refused(by_text) == PERMISSION_DENIED, "another's message"
    unknown = other_post(RECALL, PRIVATE, 2, {"unique_id": 12345})
    assert ann.refused(unknown) == NOT_FOUND
    assert ids([ann.next_post()]) == [theirs], "the stream goes on"


def read_mark(world: World, transport: str) -> None:
    ann, bob = Session.synced(world, transport, 1), Session.synced(world, transport, 2)
    sent = ann.send_text(PRIVATE, 2, "read me")
    assert ids([bob.next_post()]) == [sent]
    [mark] = bob.send(other_post(READ, PRIVATE, 1, {"unique_id": sent}))
    event = ann.next_post()
    assert event.type == READ and event.postmark.unique_id == mark.unique_id, event
    assert event.postmark.sender == 2 and event.text.content == str(sent), event
    assert bob.refused(other_post(READ, PRIVATE, 1, {"unique_id": 777})) == NOT_FOUND


def expire(world: World, transport: str) -> None:
    ann = Session.synced(world, transport, 1)
    short = ann.send_text(PRIVATE, 2, "short", expire=timedelta(seconds=2))
    long = ann.send_text(PRIVATE, 2, "long", expire=timedelta(hours=1))
    bob = Session.open(world, transport, 2)
    first = bob.sync({PRIVATE: 0})
    assert ids(first) == [short, long] and first[0].postmark.expire.seconds == 2, first
    # Every look is a round trip; the harness ends a case that looks for ever.
    while ids(bob.sync({PRIVATE: 0})) != [long]:
        pass


def dedupe(world: World, transport: str) -> None:
    ann, bob = Session.synced(world, transport, 1), Session.synced(world, transport, 2)
    [first] = ann.send(text_post(PRIVATE, 2, "once"), sn="key")
    [retried] = ann.send(text_post(PRIVATE, 2, "once"), sn="key")
    assert retried == first, "a retry has the first one's result"
    ann.close()
    ann = Session.synced(world, transport, 1)
    [retried] = ann.send(text_post(PRIVATE, 2, "once"), sn="key")
    assert retried == first, "from another session too"
    [other] = ann.send(text_post(PRIVATE, 2, "something else"), sn="key")
    assert other.unique_id > first.unique_id, "other content is another message"
    [theirs] = bob.send(text_post(PRIVATE, 1, "once"), sn="key")
    assert theirs.unique_id > other.unique_id, "keys are a sender's own"
    assert texts([bob.next_post(), bob.next_post()]) == ["once", "something else"]
    seen = Session.open(world, transport, 2).sync({PRIVATE: 0})
    assert texts(seen) == ["once", "something else", "once"]


def sender_is_the_session(world: World, transport: str) -> None:
    ann, bob = Session.synced(world, transport, 1), Session.synced(world, transport, 2)
    post = text_post(PRIVATE, 2, "it is me, Cid")
    post.postmark.sender = 3
    post.postmark.unique_id = 42
    post.postmark.timestamp.seconds = 1
    [mark] = ann.send(post)
    received = bob.next_post()
    assert received.postmark == mark and mark.sender == 1, received
    assert mark.unique_id != 42 and mark.timestamp.seconds > 1_704_067_200, mark


def group(world: World, transport: str) -> None:
    group = world.create("group", [1, 2, 3])
    ann, bob, cid, eve = (Session.synced(world, transport, user) for user in (1, 2, 3, 4))
    sent = ann.send_text(GROUP, group, "to all")
    assert ids([bob.next_post()]) == ids([cid.next_post()]) == [sent]
    assert eve.refused(text_post(GROUP, group, "let me in")) == NOT_FOUND, "not a member"
    assert eve.refused(text_post(GROUP, 999_999, "is there any")) == NOT_FOUND
    assert eve.sync({GROUP: 0}) == []
    path = f"/api/v1/conversations/{group}/members"
    world.operate("POST", path, {"members": [4]}).expect(200)
    world.operate("DELETE", path, {"members": [3]}).expect(200)
    assert ids(eve.sync({GROUP: 0})) == [sent], "a new member sees the whole history"
    assert cid.sync({GROUP: 0}) == [], "a removed one sees nothing of it"
    assert cid.refused(text_post(GROUP, group, "still here?")) == NOT_FOUND
    later = bob.send_text(GROUP, group, "without Cid")
    assert ids([eve.next_post()]) == ids([ann.next_post()]) == [later]
    marker = bob.send_text(PRIVATE, 3, "marker")
    assert ids([cid.next_post()]) == [marker], "nothing of the group came first"


def channel(world: World, transport: str) -> None:
    channel = world.create("channel", [1, 2, 3], owner=1, posters=[2])
    ann, bob, cid, eve = (Session.synced(world, transport, user) for user in (1, 2, 3, 4))
    sent = [ann.send_text(CHANNEL, channel, "owner"), bob.send_text(CHANNEL, channel, "poster")]
    assert ids([cid.next_post(), cid.next_post()]) == sent
    assert cid.refused(text_post(CHANNEL, channel, "me too")) == PERMISSION_DENIED
    assert eve.refused(text_post(CHANNEL, channel, "me too")) == NOT_FOUND
    assert ann.refused(text_post(GROUP, channel, "as a group")) == NOT_FOUND, "its category"


def room(world: World, transport: str) -> None:
    room = world.create("room", [])
    outside = Session.synced(world, transport, 4)
    if transport == "tcp":
        ann, bob = Session.open(world, transport, 1), Session.open(world, transport, 2)
        for session in (ann, bob):
            session.sync({ROOM: None}, target=room)
    else:
        path = f"/message/room?room={room}"
        ann = Session.synced(world, transport, 1, path=path)
        bob = Session.open(world, transport, 2, path="/message/room")
        bob.sync({ROOM: None}, target=room)
    sent = ann.send_text(ROOM, room, "in here")
    assert ids([bob.next_post()]) == [sent]
    assert outside.refused(text_post(ROOM, room, "from outside")) == NOT_FOUND
    assert ids(bob.sync({ROOM: 0}, target=room)) == [sent], "a room keeps its log"
    marker = ann.send_text(PRIVATE, 4, "marker")
    assert ids([outside.next_post()]) == [marker], "nothing of the room came first"


def receivers_that_are_not_there(world: World, transport: str) -> None:
    ann, bob = Session.synced(world, transport, 1), Session.synced(world, transport, 2)
    assert ann.refused(text_post(PRIVATE, 4711, "nobody")) == NOT_FOUND
    assert ann.refused(text_post(0, 2, "no category")) == INVALID_ARGUMENT
    sent = ann.send_text(PRIVATE, 2, "the stream goes on")
    assert ids([bob.next_post()]) == [sent]


def answers_keep_their_order(world: World, transport: str) -> None:
    """Many frames in flight at once: each is answered, and the posts keep their order."""
    ann, bob = Session.synced(world, transport, 1), Session.synced(world, transport, 2)
    sns = [f"flight-{number}" for number in range(100)]
    for sn in sns:
        frame = Stream(sn=sn, type=MESSAGES)
        frame.postbox.posts.append(text_post(PRIVATE, 2, sn))
        ann.transport.send(frame)
    marks = [ann.answer(sn).receipts.postmarks[0].unique_id for sn in sns]
    assert marks == sorted(marks), "ids rise in the order of sending"
    received = [bob.next_post() for _ in sns]
    assert ids(received) == marks and texts(received) == sns


def refused_frames(world: World, transport: str) -> None:
    """A frame that says nothing that a client may say; the stream goes on."""
    ann = Session.synced(world, transport, 1)
    for frame in (Stream(sn="unspecified", type=0), Stream(sn="empty", type=MESSAGES)):
        ann.transport.send(frame)
        try:
            answer = ann.answer(frame.sn)
        except Fault as fault:
            assert fault.code == INVALID_ARGUMENT, fault
        else:
            assert answer.type == RECEIPTS and not answer.receipts.postmarks, answer
    assert ann.send_text(PRIVATE, 2, "still here") > 0
