// A page of another origin: `WebSocket` and `fetch` to the main port, and what is refused.
//
// What runs in the page is handed over as a whole function; it knows its argument and what
// browser.js has installed as `window.parlance`.

"use strict";

const assert = require("node:assert/strict");

const { withPage } = require("../browser.js");

const PRIVATE = 1;
const TEXT = 1;
const SYNC = 1;
const MESSAGES = 2;
const RECEIPTS = 3;

function textPost(receiver, text) {
  const postmark = { category: PRIVATE, sender: "0", receiver: String(receiver) };
  return { postmark, type: TEXT, text: { content: text } };
}

// What a page is told.
function told(world, others) {
  return { main: world.main, ann: world.token(1), bob: world.token(2), ...others };
}

async function stream(world) {
  await withPage(0, async (page) => {
    const seen = await page.evaluate(
      async ({ main, ann, bob, sync, byPost, bySocket }) => {
        const { Socket, post } = window.parlance;
        const socket = await Socket.open(`ws://${main}/message/chat?token=${ann}&platform=1`);
        socket.send(sync);
        const synced = await socket.receive();
        const sent = await post(`http://${main}/message/chat/send`, bob, byPost);
        const live = await socket.receive();
        socket.send(bySocket);
        const receipt = await socket.receive();
        const unsigned = await post(`http://${main}/message/chat/send`, null, byPost);
        return { synced, sent, live, receipt, unsigned };
      },
      told(world, {
        sync: { sn: "s", type: SYNC, local: { ids: [] } },
        byPost: textPost(1, "by fetch"),
        bySocket: { sn: "m", type: MESSAGES, postbox: { posts: [textPost(2, "by socket ✓")] } },
      }),
    );
    assert.equal(seen.synced.sn, "s");
    assert.equal(seen.sent.status, 200);
    const [post] = seen.live.postbox.posts;
    assert.deepEqual(post.postmark, seen.sent.body, "the page reads the postmark that came");
    assert.equal(post.text.content, "by fetch");
    assert.equal(seen.receipt.sn, "m");
    assert.equal(seen.receipt.type, RECEIPTS);
    const ids = [post.postmark, seen.receipt.receipts.postmarks[0]].map((mark) => mark.unique_id);
    const log = await world.log("1-2");
    assert.deepEqual(log.map(({ id }) => String(id)), ids);
    assert.deepEqual(log.map(({ content }) => content.text), ["by fetch", "by socket ✓"]);
    assert.equal(seen.unsigned.status, 401, "a refusal is readable too");
    assert.equal(seen.unsigned.body.code, 16);
  });
}

async function rooms(world) {
  const group = await world.create("group", [1, 2]);
  await withPage(0, async (page) => {
    const seen = await page.evaluate(
      async ({ main, ann, bob, room }) => {
        const { Socket, post } = window.parlance;
        const base = `http://${main}/chat`;
        const connected = [];
        const signIn = async (token) => {
          const socket = await Socket.open(`ws://${main}/chat/connect`);
          socket.send({ auth_token: token });
          connected.push(await socket.receive());
          return socket;
        };
        const [first, second] = [await signIn(ann), await signIn(bob)];
        first.send({ room, message: "from a page" });
        const echo = await first.receive();
        const live = await second.receive();
        const dm = await post(`${base}/create_dm`, ann, { other: "2" });
        const info = await post(`${base}/room_info`, bob, { room_id: room });
        const missed = await post(`${base}/retrieve`, bob, { after: 0 });
        const unknown = await post(`${base}/room_info`, bob, { room_id: "987654" });
        const unsigned = await post(`${base}/retrieve`, null, { after: 0 });
        return { connected, echo, live, dm, info, missed, unknown, unsigned };
      },
      told(world, { room: String(group) }),
    );
    assert.deepEqual(seen.connected.map(({ status }) => status), ["CONNECTED", "CONNECTED"]);
    assert.deepEqual(seen.echo, seen.live, "the sender's echo is what the others see");
    const { message } = seen.live;
    assert.equal(message.message, "from a page");
    assert.equal(message.poster, "1");
    assert.equal(message.room, String(group));
    assert.deepEqual(seen.dm, { status: 200, body: null });
    assert.equal(seen.info.status, 200);
    assert.deepEqual([...seen.info.body.occupants].sort(), ["1", "2"]);
    assert.deepEqual(seen.missed.body.messages, [message]);
    assert.equal(seen.unknown.status, 404);
    assert.equal(seen.unknown.body.error_code, "NOT_FOUND");
    assert.equal(seen.unsigned.body.error_code, "AUTH_TOKEN_MISSING");
  });
}

async function onechat(world) {
  await world.operate("POST", "/api/v1/friendships", { a: 1, b: 2 }, 201);
  await withPage(0, async (page) => {
    const seen = await page.evaluate(async ({ main, ann, bob }) => {
      const { Socket } = window.parlance;
      const signIn = async (pass, device) => {
        const socket = await Socket.open(`ws://${main}/onechat`);
        socket.send({ cmd: "login", name: "", pass, ack: "in", device });
        return { socket, answer: await socket.receive() };
      };
      const [first, second] = [await signIn(ann, "page"), await signIn(bob, "page")];
      first.socket.send({ cmd: "single_chat", to: 2, msg: "hi", ack: "k" });
      const stored = await first.socket.receive();
      const pushed = await second.socket.receive();
      return { signedIn: [first.answer, second.answer], stored, pushed };
    }, told(world));
    const signedIn = { cmd: "ack", action: "login", ack: "in" };
    assert.deepEqual(seen.signedIn, [signedIn, signedIn]);
    assert.deepEqual(seen.stored, { cmd: "ack", action: "single_chat", ack: "k" });
    const [{ id }] = await world.log("1-2");
    assert.deepEqual(seen.pushed, { cmd: "single_chat", from: 1, msg: "hi", ack: id });
  });
}

// Runs in the page: which doors let it in. A refused `fetch` tells the page nothing but that.
async function tryDoors({ main, ann, post }) {
  const { Socket, post: send } = window.parlance;
  const token = `token=${ann}&platform=1`;
  const sockets = {};
  for (const path of [`/message/chat?${token}`, "/chat/connect", "/onechat"]) {
    const socket = new Socket(`ws://${main}${path}`);
    sockets[path.split("?")[0]] = await socket.opened;
  }
  const readable = await send(`http://${main}/message/chat/send`, ann, post).then(
    ({ status }) => status,
    () => null,
  );
  // No preflight stands before this one, and its answer is hidden: the server itself refuses it.
  await fetch(`http://${main}/message/chat/send?${token}`, {
    method: "POST",
    mode: "no-cors",
    body: JSON.stringify(post),
  }).catch(() => null);
  return { sockets, readable };
}

// The server lists this page's origin, or another one.
async function listedOrigins(world, port, listed) {
  const allowed = listed === "this";
  await withPage(Number(port), async (page) => {
    const doors = await page.evaluate(tryDoors, told(world, { post: textPost(2, "x") }));
    const sockets = { "/message/chat": allowed, "/chat/connect": allowed, "/onechat": allowed };
    assert.deepEqual(doors, { sockets, readable: allowed ? 200 : null });
  });
  // A page that is allowed has sent one; `no-cors` cannot say that its body is JSON.
  assert.equal((await world.log("1-2")).length, allowed ? 1 : 0);
}

// The operator's port is for its own pages: another site's can neither read nor do anything,
// even with the key.
async function operatorPort(world) {
  await withPage(0, async (page) => {
    const seen = await page.evaluate(
      async ({ operator, key }) => {
        const url = `http://${operator}/api/v1/users`;
        const refused = () => null;
        const headers = { Authorization: `Bearer ${key}`, "Content-Type": "application/json" };
        const body = JSON.stringify({ id: 777 });
        const read = await fetch(url, { headers }).then(({ status }) => status, refused);
        const written = await fetch(url, { method: "POST", headers, body }).then(
          ({ status }) => status,
          refused,
        );
        await fetch(url, { method: "POST", mode: "no-cors", body }).catch(refused);
        return { read, written };
      },
      { operator: world.operator, key: world.operatorKey },
    );
    assert.deepEqual(seen, { read: null, written: null });
  });
  const { users } = await world.operate("GET", "/api/v1/users", undefined, 200);
  assert.ok(users.length > 0 && users.every(({ id }) => id !== 777), "nobody was created");
}

module.exports = { stream, rooms, onechat, listedOrigins, operatorPort };
