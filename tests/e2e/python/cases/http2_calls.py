"""The dialects' calls by `httpx` over HTTP/2 with prior knowledge, as proxies and servers speak it."""

import asyncio

import httpx

from schema import PRIVATE
from session import Session, ids
from world import WAIT_SECONDS, World


def client(world: World, user: int | None) -> httpx.AsyncClient:
    """Without HTTP/1.1, there is nothing that it could fall back on."""
    headers = {} if user is None else {"Authorization": f"Bearer {world.token(user)}"}
    return httpx.AsyncClient(
        http1=False,
        http2=True,
        base_url=f"http://{world.main}",
        headers=headers,
        timeout=WAIT_SECONDS,
        trust_env=False,
    )


def body(text: str) -> dict:
    mark = {"category": PRIVATE, "sender": "1", "receiver": "2"}
    return {"postmark": mark, "type": 1, "text": {"content": text}}


def calls(world: World) -> None:
    asyncio.run(_calls(world))


async def _calls(world: World) -> None:
    bob = Session.synced(world, "json", 2)
    async with client(world, 1) as ann:
        answer = await ann.post("/message/chat/send", json=body("over HTTP/2"))
        assert answer.http_version == "HTTP/2" and answer.status_code == 200, answer.text
        assert ids([bob.next_post()]) == [int(answer.json()["unique_id"])]
        answer = await ann.post("/chat/create_dm", json={"other": "3"})
        assert (answer.status_code, answer.content) == (200, b""), answer.text
        answer = await ann.post("/chat/room_info", json={"room_id": "1-3"})
        assert sorted(answer.json()["occupants"]) == ["1", "3"], answer.text
        answer = await ann.post("/nothing", json={})
        assert (answer.http_version, answer.status_code) == ("HTTP/2", 404), answer.text
        answer = await ann.get("/message/chat/send")
        assert answer.status_code == 405 and answer.headers["allow"], answer.headers
    async with client(world, None) as stranger:
        answer = await stranger.post("/message/chat/send", json=body("who am I"))
        assert answer.status_code == 401 and answer.json()["code"] == 16, answer.text


def many_streams_of_one_connection(world: World) -> None:
    asyncio.run(_many_streams(world))


async def _many_streams(world: World) -> None:
    """At once, and more than a server allows at a time: those wait, and none is lost."""
    sent = [f"stream {number}" for number in range(300)]
    async with client(world, 1) as ann:
        # The connection is there before the many want one each.
        await ann.post("/message/chat/send", json=body("first"))
        answers = await asyncio.gather(
            *(ann.post("/message/chat/send", json=body(text)) for text in sent)
        )
    assert {answer.status_code for answer in answers} == {200}, answers
    log = world.log("1-2")
    of_answers = {int(answer.json()["unique_id"]) for answer in answers}
    assert of_answers == {entry["id"] for entry in log[1:]}
    assert sorted(entry["content"]["text"] for entry in log[1:]) == sorted(sent)


def long_bodies(world: World) -> None:
    asyncio.run(_long_bodies(world))


async def _long_bodies(world: World) -> None:
    """The longest text, and one that is longer; the connection goes on."""
    async with client(world, 1) as ann:
        longest = await ann.post("/message/chat/send", json=body("x" * 32_768))
        assert longest.status_code == 200, longest.text
        too_long = await ann.post("/message/chat/send", json=body("x" * 32_769))
        assert too_long.status_code == 400, too_long.text
        after = await ann.post("/message/chat/send", json=body("still here"))
        assert after.status_code == 200, after.text
