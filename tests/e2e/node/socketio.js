// `socket.io-client` in both of its ages behind one face.
//
// Version 2 speaks Engine.IO 3 and says its token in the query; version 4 speaks Engine.IO 4 and
// says it in its `auth`. Everything that a socket receives is kept until it is asked for.

"use strict";

const { WAIT_MS, within } = require("./world.js");

const LIBRARIES = {
  2: require("socket.io-client-2"),
  4: require("socket.io-client").io,
};
const TRANSPORTS = {
  polling: ["polling"],
  websocket: ["websocket"],
  // Begins with polling and is changed to a WebSocket on the way.
  upgrade: ["polling", "websocket"],
};
const EVENTS = ["create-user", "create-chat", "list-chats", "list-messages", "new-message"];

class Client {
  constructor(socket) {
    this.socket = socket;
    // By event: the bodies that came, and who waits for one.
    this.kept = new Map();
    this.waiting = new Map();
    EVENTS.forEach((event) => this.listen(event));
  }

  // Connected; rejects with what the server said where it refuses.
  static async open(world, version, transport, token) {
    const credentials = version === "2" ? { query: token && { token } } : { auth: { token } };
    const socket = LIBRARIES[version](`http://${world.main}`, {
      ...credentials,
      transports: TRANSPORTS[transport],
      reconnection: false,
      forceNew: true,
      timeout: WAIT_MS,
    });
    const client = new Client(socket);
    const opened = new Promise((resolve, reject) => {
      socket.on("connect", resolve);
      // Version 2 says `error`, with the words themselves; 4 says `connect_error`.
      socket.on("error", (error) => reject(new Error(error.message ?? error)));
      socket.on("connect_error", (error) => reject(new Error(error.message ?? error)));
    });
    await within("connected", opened);
    return client;
  }

  listen(event) {
    this.socket.on(event, (body) => {
      const next = this.waiting.get(event)?.shift();
      if (next) next(body);
      else this.kept.set(event, [...(this.kept.get(event) ?? []), body]);
    });
  }

  // The next body of an event.
  receive(event) {
    const kept = this.kept.get(event) ?? [];
    if (kept.length > 0) return Promise.resolve(kept.shift());
    const came = new Promise((resolve) => {
      this.waiting.set(event, [...(this.waiting.get(event) ?? []), resolve]);
    });
    return within(event, came);
  }

  // Without a callback, as the documents have it: the reply is an event of the same name.
  ask(event, body) {
    this.socket.emit(event, body);
    return this.receive(event);
  }

  // With a callback.
  call(event, body) {
    const called = new Promise((resolve) => this.socket.emit(event, body, resolve));
    return within(`${event}'s callback`, called);
  }

  // What carries the packets now: "polling" or "websocket".
  transport() {
    return this.socket.io.engine.transport.name;
  }

  // Returns when the engine has changed to a WebSocket.
  async upgraded() {
    const { engine } = this.socket.io;
    if (this.transport() === "websocket") return;
    await within("upgraded", new Promise((resolve) => engine.once("upgrade", resolve)));
  }

  // The reason that the library gives when the socket has ended.
  ended() {
    return within("ended", new Promise((resolve) => this.socket.once("disconnect", resolve)));
  }

  close() {
    this.socket.disconnect();
  }
}

module.exports = { Client };
