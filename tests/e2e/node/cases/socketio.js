// The `events` dialect by npm's `socket.io-client`, versions 2 and 4, over each transport.

"use strict";

const assert = require("node:assert/strict");

const { Client } = require("../socketio.js");

async function two(world, version, transport) {
  const ann = await Client.open(world, version, transport, world.token(1));
  const bob = await Client.open(world, version, transport, world.token(2));
  return [ann, bob];
}

// All five events, as the documents have them: replies come as events of the same name.
async function allEvents(world, version, transport) {
  const [ann, bob] = await two(world, version, transport);
  const { user } = await ann.ask("create-user", { user: { id: "1" } });
  assert.equal(user.id, "1");
  assert.match(user.created_at, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  const { status, chat } = await ann.ask("create-chat", { chat: { name: "lunch" }, users: ["2"] });
  assert.equal(status, "ok");
  assert.equal(chat.name, "lunch");
  assert.deepEqual([...chat.users].sort(), ["1", "2"], "its creator is in it");
  const { chats } = await bob.ask("list-chats", { user: { id: "2" } });
  assert.deepEqual(chats.map(({ id, name }) => [id, name]), [[chat.id, "lunch"]]);
  const ofChat = `/chat/${chat.id}/new-message`;
  [ann, bob].forEach((client) => client.listen(ofChat));
  ann.socket.emit(ofChat, { user: { id: "1" }, message: { value: "soup?", type: "text" } });
  const shown = await bob.receive("new-message");
  for (const client of [ann, bob]) {
    assert.deepEqual(await client.receive(ofChat), shown, "the same under both names");
  }
  assert.deepEqual(await ann.receive("new-message"), shown, "and its sender is shown it too");
  const { message, msg, type, user_id: sender, chat_id: where, created_at: at } = shown;
  assert.deepEqual([message, msg, type, sender, where], ["soup?", "soup?", "text", "1", chat.id]);
  const query = { from: at, to: at };
  const { messages } = await bob.ask("list-messages", { query, chat: { id: chat.id } });
  const times = ["created_at", "modified_at", "updated_at"];
  for (const key of ["id", "_id", "message", "msg", "type", "user_id", "chat_id", ...times]) {
    assert.deepEqual(messages.map((listed) => listed[key]), [shown[key]], key);
  }
  const later = { from: new Date(Date.parse(at) + 1).toISOString() };
  const nothing = await bob.ask("list-messages", { query: later, chat: { id: chat.id } });
  assert.deepEqual(nothing.messages, []);
  const log = await world.log(chat.id);
  assert.deepEqual(log.map(({ id }) => String(id)), [shown.id]);
  [ann, bob].forEach((client) => client.close());
}

// The same with callbacks, which the documents' server did not have, and many at once.
async function callbacks(world, version, transport) {
  const [ann, bob] = await two(world, version, transport);
  const created = await ann.call("create-chat", { chat: { name: "n", users: ["2"] } });
  const chat = { id: created.chat.id };
  const texts = Array.from({ length: 50 }, (_, number) => `text ${number} ☂`);
  const answers = await Promise.all(
    texts.map((msg) => ann.call("new-message", { chat, msg, type: "text" })),
  );
  assert.deepEqual(answers.map(({ message }) => message), texts);
  const shown = [];
  for (const _ of texts) shown.push(await bob.receive("new-message"));
  assert.deepEqual(shown.map(({ message }) => message), texts, "in their order");
  assert.deepEqual(shown.map(({ id }) => id), answers.map(({ id }) => id));
  const refused = await bob.call("new-message", { chat: { id: "987654" }, msg: "x" });
  assert.equal(refused.status, "error");
  assert.ok(refused.error[0].message.length > 0);
  const after = await bob.call("new-message", { chat, msg: "still here" });
  assert.equal(after.status, "ok", "the socket goes on");
}

// Begins with polling; what is sent while the transport changes comes once and in order.
async function upgrade(world, version) {
  const [ann, bob] = await two(world, version, "upgrade");
  const chat = { id: (await ann.call("create-chat", { chat: { name: "n" }, users: ["2"] })).chat.id };
  const texts = Array.from({ length: 40 }, (_, number) => `text ${number}`);
  const answers = [];
  for (const [number, msg] of texts.entries()) {
    answers.push(await ann.call("new-message", { chat, msg }));
    if (number === 20) await Promise.all([ann.upgraded(), bob.upgraded()]);
  }
  assert.deepEqual([ann.transport(), bob.transport()], ["websocket", "websocket"]);
  for (const [number, msg] of texts.entries()) {
    const shown = await bob.receive("new-message");
    assert.deepEqual([shown.message, shown.id], [msg, answers[number].id]);
  }
}

// Neither a token nor `--open`: refused in the library's own way, and readable.
async function unauthorized(world, version, transport) {
  for (const token of [undefined, "nonsense"]) {
    await assert.rejects(Client.open(world, version, transport, token), /unauthorized/);
  }
}

// `--open`: a socket is the user that its last `create-user` names; the same name, the same user.
async function open(world, version, transport) {
  const [ann, bob, again] = await Promise.all(
    [0, 1, 2].map(() => Client.open(world, version, transport, undefined)),
  );
  const name = async (client, externalUserId) =>
    (await client.ask("create-user", { user: { externalUserId } })).user.id;
  const [annId, bobId] = [await name(ann, "ann@x"), await name(bob, "bob@x")];
  assert.notEqual(annId, bobId);
  assert.equal(await name(again, "ann@x"), annId, "found again");
  const { chat } = await ann.ask("create-chat", { chat: { name: "n" }, users: [bobId] });
  ann.socket.emit("new-message", { chat: { id: chat.id }, msg: "hi", type: "text" });
  for (const client of [ann, bob, again]) {
    const shown = await client.receive("new-message");
    assert.deepEqual([shown.message, shown.user_id], ["hi", annId]);
  }
}

module.exports = { allEvents, callbacks, upgrade, unauthorized, open };
