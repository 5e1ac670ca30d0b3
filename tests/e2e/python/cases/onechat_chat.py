"""Messages as the seed has them: live, missed, acknowledged, retried; devices and the end."""

import json

from strict_onechat import Client, ack, befriend, group, login, single
from world import World

ANN, BOB, CID = 1, 2, 3


def sign_in(world: World, framing: str) -> None:
    """By name and password, by token; and what is refused leaves the connection open."""
    user = {"id": 21, "name": "13560474456", "password": "12345678"}
    world.operate("POST", "/api/v1/users", user).expect(201)
    client = Client(world, framing)
    no_login = ("404 Not Found this user, please login", 10404)
    for command in (
        single(BOB, "x"),
        {"cmd": "logout"},
        {"cmd": "create_room", "name": "x"},
        {"cmd": "ack", "action": "single_chat", "ack": 1},
        {"cmd": "no such thing"},
    ):
        assert client.refused(command) == no_login, command
    nobody = ("404 Not Found user with this name", 10404)
    for name, secret in (
        ("13560474456", "87654321"),
        ("13560474457", "12345678"),
        ("", "no token"),
        ("13560474456", world.token(ANN)),
    ):
        assert client.refused(login(name, secret, "phone")) == nobody, name
    assert client.ask(login("13560474456", "12345678", "phone")) == ack("login", "log me in")
    assert client.refused(login("", world.token(ANN), "x")) == ("You are already login", 10400)
    client.silent()


def single_chat(world: World, framing: str) -> None:
    befriend(world, ANN, BOB)
    ann = Client.live(world, framing, ANN)
    desk = Client.live(world, framing, ANN, "desk", others=(ann,))
    bob = Client.live(world, framing, BOB)
    tablet = Client.live(world, framing, BOB, "tablet", others=(bob,))
    words = "tëxt \"with\" \\ \n, {braces} and 𝄞"
    assert ann.ask(single(BOB, words, "uuid 1")) == ack("single_chat", "uuid 1")
    pushed = bob.receive()
    assert pushed == {"cmd": "single_chat", "from": ANN, "msg": words, "ack": pushed["ack"]}
    assert tablet.receive() == pushed, "each device of the receiver"
    assert desk.receive() == pushed, "and the sender's other one"
    for client in (bob, tablet, desk):
        client.acknowledge(pushed)
        client.silent()
    ann.silent()
    # Numbers may come as text or in a list, and twice.
    again = {"cmd": "ack", "action": "single_chat"}
    for form in (str(pushed["ack"]), [pushed["ack"]], [str(pushed["ack"])]):
        bob.send({**again, "ack": form})
    bob.silent()
    later = ann.ask(single(BOB, "later", "uuid 2"))
    assert later == ack("single_chat", "uuid 2")
    assert bob.receive()["ack"] > pushed["ack"], "ids rise"


def group_chat(world: World, framing: str) -> None:
    room = world.create("group", [ANN, BOB, CID])
    ann = Client.live(world, framing, ANN)
    bob = Client.live(world, framing, BOB)
    assert ann.ask(group(room, "all", "uuid")) == ack("group_chat", "uuid")
    pushed = ann.receive()
    expected = {"cmd": "group_chat", "from": ANN, "to": room, "msg": "all", "ack": pushed["ack"]}
    assert pushed == expected, "the sender too"
    assert bob.receive() == pushed
    for client in (ann, bob):
        client.acknowledge(pushed)
        client.silent()
    outsider = Client.live(world, framing, 4)
    hidden = ("You are not in this room", 10403)
    assert outsider.refused(group(room, "x")) == hidden
    assert outsider.refused(group(999_999, "x")) == hidden, "as where there is none"


def retries(world: World, framing: str) -> None:
    """A token names a message of one sender in one conversation."""
    befriend(world, ANN, BOB)
    befriend(world, ANN, CID)
    befriend(world, BOB, CID)
    room = world.create("group", [ANN, BOB])
    ann = Client.live(world, framing, ANN)
    for _ in range(3):
        assert ann.ask(single(BOB, "once", "k")) == ack("single_chat", "k")
    assert ann.ask(single(BOB, "other words", "k")) == ack("single_chat", "k")
    assert ann.ask(single(CID, "once", "k")) == ack("single_chat", "k")
    assert ann.ask(group(room, "once", "k")) == ack("group_chat", "k")
    assert ann.receive()["msg"] == "once"
    # A retry has the first one's answer and no push.
    assert ann.ask(group(room, "once", "k")) == ack("group_chat", "k")
    ann.silent()
    ann.close()
    # A later connection's retry is one too; another sender's is not.
    ann = Client.signed_in(world, framing, ANN, "desk")
    ann.receive()
    assert ann.ask(single(BOB, "once", "k")) == ack("single_chat", "k")
    bob = Client.signed_in(world, framing, BOB)
    bob.receive(), bob.receive()
    assert bob.ask(single(CID, "once", "k")) == ack("single_chat", "k")

    def words(conversation) -> list[str]:
        return [entry["content"]["text"] for entry in world.log(conversation)]

    assert words("1-2") == ["once", "other words"], words("1-2")
    assert words("1-3") == ["once"] and words("2-3") == ["once"]
    assert words(room) == ["once"]


def missed(world: World, framing: str) -> None:
    """What was missed comes after the login, each kind in its batches, until acknowledged."""
    befriend(world, ANN, BOB)
    room = world.create("group", [ANN, BOB])
    ann = Client.live(world, framing, ANN)
    for n in range(3):
        assert ann.ask(single(BOB, f"single {n}", f"s{n}"))["cmd"] == "ack"
        assert ann.ask(group(room, f"group {n}", f"g{n}"))["cmd"] == "ack"
        ann.acknowledge(ann.receive())
    cid = Client.live(world, framing, CID)
    request = {"cmd": "create_friendship", "to": BOB, "msg": "I am Cid", "ack": "f"}
    assert cid.ask(request) == ack("create_friendship", "f")
    for turn in ("seen by nobody", "seen by the phone"):
        bob = Client.signed_in(world, framing, BOB)
        batches = {}
        for _ in range(3):
            frame = bob.receive()
            batches[frame["cmd"]] = frame
        for command, to, texts in (
            ("offline_single_chat_msg", BOB, [f"single {n}" for n in range(3)]),
            ("offline_group_chat_msg", room, [f"group {n}" for n in range(3)]),
        ):
            entries = batches[command]["msg"]
            assert [entry["msg"] for entry in entries] == texts, entries
            for entry in entries:
                assert (entry["f"], entry["t"]) == (ANN, to), entry
                assert entry.get("unread", 1) == 1, entry
                assert 1_704_067_200 < entry["created_at"] == entry["updated_at"] < 1 << 32, entry
            ids = [entry["id"] for entry in entries]
            assert ids == sorted(set(ids)), "ids rise"
        [notification] = batches["offline_notifications"]["msg"]
        stamp = notification["created_at"]
        assert notification == {
            "id": notification["id"],
            "sender_id": CID,
            "receiver_id": BOB,
            "notification_type": 2,
            "notifiable_type": "User",
            "notifiable_action": "create_friendship",
            "notifiable_id": BOB,
            "subject": "I am Cid",
            "body": "I am Cid",
            "unread": 1,
            "created_at": stamp,
            "updated_at": stamp,
        }
        if turn == "seen by the phone":
            for frame in batches.values():
                bob.acknowledge(frame)
        bob.silent()
        bob.close()
    desk = Client.signed_in(world, framing, BOB, "desk")
    desk.silent()


def long_batches(world: World, framing: str) -> None:
    """Many long messages come in frames of 8 KiB at most, a longer one alone, none lost."""
    befriend(world, ANN, BOB)
    lengths = [3000, 3000, 3000, 20_000, 10, 7000, 2000, 2000, 2000, 2000, 2000]
    ann = Client.live(world, framing, ANN)
    for n, length in enumerate(lengths):
        text = f"{n} ".ljust(length, "x")
        assert ann.ask(single(BOB, text, f"k{n}"))["cmd"] == "ack"
    bob = Client.signed_in(world, framing, BOB)
    found = []
    while len(found) < len(lengths):
        frame = bob.receive()
        assert frame["cmd"] == "offline_single_chat_msg", frame["cmd"]
        found.extend(entry["msg"] for entry in frame["msg"])
        bob.acknowledge(frame)
    assert [len(text) for text in found] == lengths
    assert [text.split()[0] for text in found] == [str(n) for n in range(len(lengths))]
    bob.silent()


def devices(world: World, framing: str) -> None:
    """The same device again closes the older connection; a logout closes its own only."""
    befriend(world, ANN, BOB)
    older = Client.live(world, framing, ANN)
    desk = Client.live(world, framing, ANN, "desk", others=(older,))
    newer = Client.live(world, framing, ANN, others=(desk,))
    assert older.is_closed()
    desk.silent()
    newer.silent()
    bob = Client.live(world, framing, BOB)
    assert bob.ask(single(ANN, "to both"))["cmd"] == "ack"
    assert desk.receive()["msg"] == "to both"
    assert newer.receive()["msg"] == "to both"
    newer.send({"cmd": "logout"})
    assert newer.is_closed()
    desk.silent()
    assert bob.ask(single(ANN, "to one", "u"))["cmd"] == "ack"
    assert desk.receive()["msg"] == "to one"


def pipelined(world: World, framing: str) -> None:
    """Commands that come together are answered one by one, in their order."""
    befriend(world, ANN, BOB)
    ann = Client.live(world, framing, ANN)
    if framing == "bare":
        texts = [json.dumps(single(BOB, f"{n}", f"k{n}")) for n in range(5)]
        ann.send_text(" \r\n".join(texts))
    else:
        for n in range(5):
            ann.send(single(BOB, f"{n}", f"k{n}"))
    for n in range(5):
        assert ann.receive() == ack("single_chat", f"k{n}")
    assert [entry["content"]["text"] for entry in world.log("1-2")] == list("01234")
