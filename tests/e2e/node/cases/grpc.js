// gRPC by `@grpc/grpc-js`, from the published `.proto` files.

"use strict";

const assert = require("node:assert/strict");
const path = require("node:path");

const grpc = require("@grpc/grpc-js");
const loader = require("@grpc/proto-loader");

const { WAIT_MS, within } = require("../world.js");

const PROTO = path.resolve(__dirname, "../../../../codecs/proto");
const FILES = ["appootb/message/chat.proto", "appootb/message/room.proto"];
const SYNC = "PAYLOAD_TYPE_SYNC";
const MESSAGES = "PAYLOAD_TYPE_MESSAGES";
const RECEIPTS = "PAYLOAD_TYPE_RECEIPTS";

function services() {
  const options = {
    includeDirs: [PROTO],
    keepCase: true,
    arrays: true,
    longs: String,
    enums: String,
  };
  return grpc.loadPackageDefinition(loader.loadSync(FILES, options)).appootb.message;
}

function open(world) {
  // No proxy between a test and its server, whatever the environment says.
  const options = { "grpc.enable_http_proxy": 0 };
  return new (services().Chat)(world.main, grpc.credentials.createInsecure(), options);
}

function signed(world, user) {
  const metadata = new grpc.Metadata();
  metadata.set("token", world.token(user));
  return metadata;
}

function post(receiver, text) {
  const postmark = { category: "CATEGORY_PRIVATE", sender: "0", receiver: String(receiver) };
  return { postmark, type: "TYPE_TEXT", text: { content: text } };
}

function send(chat, metadata, one) {
  return new Promise((resolve, reject) => {
    const options = { deadline: Date.now() + WAIT_MS };
    chat.Send(one, metadata, options, (error, mark) => (error ? reject(error) : resolve(mark)));
  });
}

// A stream whose frames are taken one by one.
class Stream {
  constructor(chat, metadata) {
    this.frames = [];
    this.waiting = [];
    this.call = chat.Interact(metadata);
    this.call.on("data", (frame) => {
      const waiter = this.waiting.shift();
      if (waiter) waiter(frame);
      else this.frames.push(frame);
    });
    this.status = new Promise((resolve) => this.call.on("status", resolve));
    // Told as a status too.
    this.call.on("error", () => {});
  }

  next() {
    if (this.frames.length > 0) return Promise.resolve(this.frames.shift());
    return within("a frame", new Promise((resolve) => this.waiting.push(resolve)));
  }

  async sync() {
    this.call.write({ sn: "sync", type: SYNC, local: { ids: [] } });
    for (;;) {
      const page = await this.next();
      assert.equal(page.sn, "sync");
      if (page.postbox.posts.length === 0) return;
    }
  }
}

async function sendAndInteract(world) {
  const chat = open(world);
  const bob = new Stream(chat, signed(world, 2));
  await bob.sync();
  const mark = await send(chat, signed(world, 1), post(2, "by call"));
  assert.equal(mark.sender, "1");
  const live = await bob.next();
  assert.equal(live.type, MESSAGES);
  assert.equal(live.postbox.posts[0].text.content, "by call");
  assert.equal(live.postbox.posts[0].postmark.unique_id, mark.unique_id);

  const ann = new Stream(chat, signed(world, 1));
  await ann.sync();
  bob.call.write({ sn: "answer", type: MESSAGES, postbox: { posts: [post(1, "by stream")] } });
  const receipt = await bob.next();
  assert.deepEqual([receipt.sn, receipt.type], ["answer", RECEIPTS]);
  const answer = await ann.next();
  assert.equal(answer.postbox.posts[0].text.content, "by stream");
  assert.equal(
    answer.postbox.posts[0].postmark.unique_id,
    receipt.receipts.postmarks[0].unique_id,
  );

  bob.call.end();
  assert.equal((await within("bob's status", bob.status)).code, grpc.status.OK);
  ann.call.cancel();
  assert.equal((await within("ann's status", ann.status)).code, grpc.status.CANCELLED);
  chat.close();
}

async function refused(world) {
  const chat = open(world);
  const cases = [
    [new grpc.Metadata(), post(2, "x"), grpc.status.UNAUTHENTICATED, "token required"],
    [signed(world, 1), post(2, ""), grpc.status.INVALID_ARGUMENT],
    [signed(world, 1), post(4711, "x"), grpc.status.NOT_FOUND],
  ];
  for (const [metadata, one, code, words] of cases) {
    await assert.rejects(send(chat, metadata, one), (error) => {
      assert.equal(error.code, code, error.message);
      if (words) assert.equal(error.details, words);
      return true;
    });
  }
  const stranger = new Stream(chat, new grpc.Metadata());
  assert.equal((await within("a status", stranger.status)).code, grpc.status.UNAUTHENTICATED);
  chat.close();
}

module.exports = { sendAndInteract, refused };
