"""What a case knows of the server: addresses, tokens, and the operator API."""

import json
import os
import urllib.error
import urllib.request
from dataclasses import dataclass

# How long anything may take that must happen; the harness has a longer one for the whole case.
WAIT_SECONDS = 60.0


@dataclass
class Answer:
    """An HTTP answer of any status."""

    status: int
    content_type: str
    body: bytes

    def json(self):
        return json.loads(self.body)

    def expect(self, status: int):
        assert self.status == status, f"{self.status}, not {status}: {self.body!r}"
        return self.json() if self.body else None


def http(method: str, url: str, body: bytes | None = None, headers: dict | None = None) -> Answer:
    request = urllib.request.Request(url, data=body, method=method, headers=headers or {})
    # No proxy between a test and its server, whatever the environment says.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=WAIT_SECONDS) as response:
            return Answer(response.status, response.headers.get("content-type", ""), response.read())
    except urllib.error.HTTPError as error:
        return Answer(error.code, error.headers.get("content-type", ""), error.read())


@dataclass
class World:
    main: str
    stream: str
    operator: str
    operator_key: str
    tokens: dict

    @classmethod
    def from_environment(cls) -> "World":
        return cls(
            main=os.environ["PARLANCE_MAIN"],
            stream=os.environ["PARLANCE_STREAM"],
            operator=os.environ["PARLANCE_OPERATOR"],
            operator_key=os.environ["PARLANCE_OPERATOR_KEY"],
            tokens=json.loads(os.environ["PARLANCE_TOKENS"]),
        )

    def token(self, user: int) -> str:
        return self.tokens[str(user)]

    def stream_address(self) -> tuple[str, int]:
        host, port = self.stream.rsplit(":", 1)
        return host, int(port)

    def operate(self, method: str, path: str, body: dict | None = None) -> Answer:
        headers = {
            "Authorization": f"Bearer {self.operator_key}",
            "Content-Type": "application/json",
        }
        data = None if body is None else json.dumps(body).encode()
        return http(method, f"http://{self.operator}{path}", data, headers)

    def create(self, kind: str, members: list[int], **others) -> int:
        """A new conversation's number."""
        body = {"kind": kind, "name": kind, "members": members, **others}
        return int(self.operate("POST", "/api/v1/conversations", body).expect(201)["id"])

    def befriend(self, a: int, b: int) -> None:
        self.operate("POST", "/api/v1/friendships", {"a": a, "b": b}).expect(201)

    def log(self, conversation) -> list[dict]:
        path = f"/api/v1/conversations/{conversation}/messages?after=0&limit=500"
        return self.operate("GET", path).expect(200)["messages"]

    def post(self, path: str, body, user: int | None = None, **headers) -> Answer:
        """POST of JSON to the main listener, signed in as a user; bytes go as they are."""
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        sent = {"Content-Type": "application/json"}
        if user is not None:
            sent["Authorization"] = f"Bearer {self.token(user)}"
        sent.update({name.replace("_", "-"): value for name, value in headers.items()})
        return http("POST", f"http://{self.main}{path}", data, sent)
