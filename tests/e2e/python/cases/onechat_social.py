"""Friendships and rooms: their notifications, live and missed, on each device."""

from strict_onechat import Client, ack, group, single
from world import World

ANN, BOB, CID, DAN = 1, 2, 3, 4
NOT_FRIENDS = ("You are not friends", 10403)
NOT_IN_ROOM = ("You are not in this room", 10403)
NO_SUCH_USER = ("404 Not Found this user in mysql", 10404)


def create_friendship(to, text: str = "I am yang", token: str = "f") -> dict:
    return {"cmd": "create_friendship", "to": to, "msg": text, "ack": token}


def acknowledged_and_refused(client: Client, command: dict) -> tuple[str, int]:
    """Acknowledged first, then refused; two frames."""
    assert client.ask(command) == ack("create_friendship", command["ack"])
    frame = client.receive()
    assert frame["cmd"] == "error", frame
    return frame["msg"], frame["code"]


def friendship(world: World, framing: str) -> None:
    ann = Client.live(world, framing, ANN)
    bob = Client.live(world, framing, BOB)
    tablet = Client.live(world, framing, BOB, "tablet", others=(bob,))
    assert ann.ask(create_friendship(BOB)) == ack("create_friendship", "f")
    asked = bob.notified(2, ANN, "I am yang")
    assert tablet.receive() == asked, "on each device"
    ann.silent()
    again = acknowledged_and_refused(ann, create_friendship(BOB, "please"))
    assert again == ("You have already send a friendship request.", 10403)
    assert ann.refused(single(BOB, "x")) == NOT_FRIENDS, "not yet"
    # The other side's asking agrees: acknowledged before anything that comes of it.
    assert bob.ask(create_friendship(ANN, "I am didi", "g")) == ack("create_friendship", "g")
    bob.notified(3, ANN, "You are friends")
    ann.notified(3, BOB, "You are friends")
    assert tablet.receive()["notification_type"] == 3
    known = acknowledged_and_refused(ann, create_friendship(BOB))
    assert known == ("You are already friends", 10403)
    assert ann.ask(single(BOB, "now")) == ack("single_chat", "t")
    assert bob.receive()["msg"] == "now"
    assert tablet.receive()["msg"] == "now"
    ann.send({"cmd": "del_friendship", "to": BOB})
    ann.notified(5, 0, "you del friends success")
    bob.notified(5, ANN, "del our friendship")
    assert tablet.receive()["notification_type"] == 5
    assert ann.refused(single(BOB, "x")) == NOT_FRIENDS
    assert bob.refused(single(ANN, "x")) == NOT_FRIENDS
    assert ann.refused({"cmd": "del_friendship", "to": BOB}) == NOT_FRIENDS
    assert ann.refused({"cmd": "del_friendship", "to": 999_999}) == NOT_FRIENDS, "nobody"


def answers(world: World, framing: str) -> None:
    """`access_friendship` and `deny_friendship`."""
    ann = Client.live(world, framing, ANN)
    bob = Client.live(world, framing, BOB)
    no_request = ("404 Not Found this request", 10404)
    for command in ("access_friendship", "deny_friendship"):
        for to in (ANN, CID, 999_999):
            assert bob.refused({"cmd": command, "to": to}) == no_request, (command, to)
    assert ann.ask(create_friendship(BOB))["cmd"] == "ack"
    bob.notified(2, ANN, "I am yang")
    bob.send({"cmd": "deny_friendship", "to": ANN})
    ann.notified(4, BOB, "refused your friendship request")
    assert bob.refused({"cmd": "access_friendship", "to": ANN}) == no_request
    assert ann.ask(create_friendship(BOB, "again", "h"))["cmd"] == "ack"
    bob.notified(2, ANN, "again")
    bob.send({"cmd": "access_friendship", "to": ANN})
    bob.notified(3, ANN, "You are friends")
    ann.notified(3, BOB, "You are friends")
    assert bob.ask(single(ANN, "hi")) == ack("single_chat", "t")


def friends_refusals(world: World, framing: str) -> None:
    ann = Client.live(world, framing, ANN)
    not_integer = ("To user id must be integer", 10400)
    for to in ("2", 2.5, None, [2], {}):
        # Before any acknowledgement.
        assert ann.refused(create_friendship(to)) == not_integer, to
        assert ann.refused({"cmd": "del_friendship", "to": to}) == not_integer, to
        assert ann.refused({"cmd": "access_friendship", "to": to}) == not_integer, to
    for to in (999_999, 0, -2, ANN):
        assert acknowledged_and_refused(ann, create_friendship(to)) == NO_SUCH_USER, to
    long = create_friendship(BOB, "x" * 1025)
    assert ann.refused(long) == ("msg must less than 1025 bytes", 10400)
    ann.silent()


def room_of(world: World, framing: str, user: int) -> int:
    """The number of the newest room that a user was not told of, from what was missed."""
    other = Client.signed_in(world, framing, user, "another device")
    missed = other.receive()
    assert missed["cmd"] == "offline_notifications", missed
    newest = missed["msg"][-1]
    assert newest["notifiable_type"] == "Room", newest
    assert newest["notifiable_action"] == "create_room", newest
    other.acknowledge(missed)
    other.silent()
    other.close()
    return newest["notifiable_id"]


def rooms(world: World, framing: str) -> None:
    """A room's whole life."""
    ann = Client.live(world, framing, ANN)
    bob = Client.live(world, framing, BOB)
    created = {
        "cmd": "create_room", "name": "tea", "invitable": 1, "members": [BOB, CID, BOB, ANN],
        "password": "", "description": "d", "subject": "s", "logo": "l",
    }
    ann.send(created)
    ann.notified(11, 0, "create room success")
    bob.notified(11, ANN, "pull you to this room")
    room = room_of(world, framing, CID)
    ann.silent()
    bob.silent()
    cid = Client.live(world, framing, CID)
    assert bob.ask(group(room, "hello")) == ack("group_chat", "t")
    for client in (bob, ann, cid):
        pushed = client.receive()
        assert (pushed["cmd"], pushed["to"], pushed["msg"]) == ("group_chat", room, "hello"), pushed
        client.acknowledge(pushed)
    # Any member renames and pulls in.
    bob.send({"cmd": "change_room_info", "roomid": room, "newname": "coffee"})
    bob.notified(14, 0, "change room name success")
    ann.notified(14, BOB, "changed the room name")
    cid.notified(14, BOB, "changed the room name")
    dan = Client.live(world, framing, DAN)
    bob.send({"cmd": "pull_to_room", "roomid": room, "userid": DAN})
    bob.notified(15, 0, "pull someone to room success")
    dan.notified(15, BOB, "invited you to this room")
    ann.notified(15, BOB, "some one invited some one to this room")
    cid.notified(15, BOB, "some one invited some one to this room")
    assert dan.ask(group(room, "thanks")) == ack("group_chat", "t")
    for client in (dan, ann, bob, cid):
        client.acknowledge(client.receive())
    not_leader = ("you are not the room leader", 10403)
    assert bob.refused({"cmd": "del_room", "roomid": room}) == not_leader
    # The leader leaves, and the next member leads.
    ann.send({"cmd": "leave_room", "roomid": room})
    ann.notified(13, 0, "leave room success")
    assert ann.refused(group(room, "x")) == NOT_IN_ROOM
    assert ann.refused({"cmd": "leave_room", "roomid": room}) == NOT_IN_ROOM
    for client in (bob, cid, dan):
        drain_leaving(client, ANN, BOB)
    assert cid.refused({"cmd": "del_room", "roomid": room}) == not_leader
    bob.send({"cmd": "del_room", "roomid": room})
    bob.notified(12, 0, "del room success")
    cid.notified(12, BOB, "deleted this room, you have to leave it")
    dan.notified(12, BOB, "deleted this room, you have to leave it")
    for client in (bob, cid, dan):
        assert client.refused(group(room, "x")) == NOT_IN_ROOM
        assert client.refused({"cmd": "del_room", "roomid": room}) == NOT_IN_ROOM


def drain_leaving(client: Client, who: int, successor: int) -> None:
    """Somebody left and somebody leads: two notifications, in either order."""
    found = set()
    for _ in range(2):
        frame = client.receive()
        assert frame["cmd"] == "notification", frame
        found.add((frame["notification_type"], frame["from"], frame["msg"]))
        client.acknowledge(frame)
    leads = [entry for entry in found if entry[0] == 0]
    assert (13, who, "left this room") in found, found
    assert leads in ([(0, 0, "room leader now")], [(0, successor, "room leader now")]), found


def join_room(world: World, framing: str) -> None:
    """Asking to come in reaches the leader, who pulls in who asked."""
    ann = Client.live(world, framing, ANN)
    ann.send({"cmd": "create_room", "name": "tea"})
    created = ann.receive()
    assert created["notification_type"] == 11, created
    room = room_of(world, framing, ANN)
    bob = Client.live(world, framing, BOB)
    bob.send({"cmd": "join_room", "roomid": room, "nickname": "b", "password": ""})
    ann.notified(0, BOB, "wants to join this room")
    assert bob.refused(group(room, "x")) == NOT_IN_ROOM, "not yet"
    ann.send({"cmd": "pull_to_room", "roomid": room, "userid": BOB})
    ann.notified(15, 0, "pull someone to room success")
    bob.notified(15, ANN, "invited you to this room")
    assert bob.ask(group(room, "in"))["cmd"] == "ack"
    for client in (bob, ann):
        assert client.receive()["msg"] == "in"
    member = ("User is already room member", 10403)
    assert ann.refused({"cmd": "pull_to_room", "roomid": room, "userid": BOB}) == member


def room_refusals(world: World, framing: str) -> None:
    """A foreign room and none are the same."""
    ann = Client.live(world, framing, ANN)
    foreign = world.create("group", [BOB, CID])
    for room in (foreign, 999_999, 0, -1):
        for command in (
            {"cmd": "del_room", "roomid": room},
            {"cmd": "leave_room", "roomid": room},
            {"cmd": "change_room_info", "roomid": room, "newname": "x"},
            {"cmd": "pull_to_room", "roomid": room, "userid": DAN},
        ):
            assert ann.refused(command) == NOT_IN_ROOM, command
    assert ann.refused({"cmd": "join_room", "roomid": 999_999}) == NOT_IN_ROOM
    for room in ("1", 1.5, None):
        for command in ("del_room", "leave_room", "join_room"):
            refused = ann.refused({"cmd": command, "roomid": room})
            assert refused == ("roomid must be integer", 10400), (command, room)
    assert ann.refused({"cmd": "create_room"}) == ("name must be string", 10400)
    for members in (BOB, "2", ["2"], [2.5], {"2": 2}):
        refused = ann.refused({"cmd": "create_room", "name": "x", "members": members})
        assert refused == ("members must be list of integer", 10400), members
    for members in ([999_999], [0], [BOB, -1]):
        refused = ann.refused({"cmd": "create_room", "name": "x", "members": members})
        assert refused == NO_SUCH_USER, members
    many = list(range(1, 502))
    refused = ann.refused({"cmd": "create_room", "name": "x", "members": many})
    assert refused == ("Room members limit", 10403)
    for name, length in (("", 0), ("x" * 257, 257)):
        refused = ann.refused({"cmd": "create_room", "name": name})
        words = f"name has {length} bytes, must have 1 to 256 without NUL"
        assert refused == (words, 10400), length
    own = world.create("group", [ANN, BOB])
    refused = ann.refused({"cmd": "pull_to_room", "roomid": own, "userid": 999_999})
    assert refused == NO_SUCH_USER
    refused = ann.refused({"cmd": "pull_to_room", "roomid": own, "userid": "3"})
    assert refused == ("userid must be integer", 10400)
    ann.silent()


def notifications_on_devices(world: World, framing: str) -> None:
    """Each device is told; what one has seen is not told again at any login."""
    phone = Client.live(world, framing, BOB)
    desk = Client.live(world, framing, BOB, "desk", others=(phone,))
    ann = Client.live(world, framing, ANN)
    assert ann.ask(create_friendship(BOB, "seen"))["cmd"] == "ack"
    seen = phone.notified(2, ANN, "seen")
    assert desk.receive() == seen
    # Before the answer to this the acknowledgement has been looked at.
    phone.silent()
    dan = Client.live(world, framing, DAN)
    assert dan.ask(create_friendship(BOB, "unseen"))["cmd"] == "ack"
    unseen = phone.receive()
    assert unseen["msg"] == "unseen" and unseen["ack"] > seen["ack"], unseen
    phone.close()
    tablet = Client.signed_in(world, framing, BOB, "tablet")
    missed = tablet.receive()
    assert missed["cmd"] == "offline_notifications", missed
    assert [entry["subject"] for entry in missed["msg"]] == ["unseen"], missed
    assert missed["ack"] == [unseen["ack"]]
    tablet.acknowledge(missed)
    tablet.silent()
    again = Client.signed_in(world, framing, BOB, "another")
    again.silent()
