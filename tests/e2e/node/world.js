// What a case knows of the server: addresses, tokens, and the operator API.

"use strict";

const assert = require("node:assert/strict");

// How long anything may take that must happen; the harness has a longer one for the whole case.
const WAIT_MS = 60_000;

class World {
  constructor({ main, stream, operator, operatorKey, tokens }) {
    Object.assign(this, { main, stream, operator, operatorKey, tokens });
  }

  static fromEnvironment() {
    const { env } = process;
    return new World({
      main: env.PARLANCE_MAIN,
      stream: env.PARLANCE_STREAM,
      operator: env.PARLANCE_OPERATOR,
      operatorKey: env.PARLANCE_OPERATOR_KEY,
      tokens: JSON.parse(env.PARLANCE_TOKENS),
    });
  }

  token(user) {
    return this.tokens[String(user)];
  }

  // The body of an answer of this status.
  async operate(method, path, body, status) {
    const answer = await fetch(`http://${this.operator}${path}`, {
      method,
      headers: {
        Authorization: `Bearer ${this.operatorKey}`,
        "Content-Type": "application/json",
      },
      body: body === undefined ? undefined : JSON.stringify(body),
      signal: AbortSignal.timeout(WAIT_MS),
    });
    const text = await answer.text();
    assert.equal(answer.status, status, `${method} ${path}: ${text}`);
    return text === "" ? null : JSON.parse(text);
  }

  // A new conversation's number.
  async create(kind, members) {
    const body = { kind, name: kind, members };
    return Number((await this.operate("POST", "/api/v1/conversations", body, 201)).id);
  }

  async log(conversation) {
    const path = `/api/v1/conversations/${conversation}/messages?after=0&limit=500`;
    return (await this.operate("GET", path, undefined, 200)).messages;
  }
}

// The promise's value, or an error with `what` once WAIT_MS have passed.
function within(what, promise) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`after ${WAIT_MS} ms still not: ${what}`)), WAIT_MS);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

module.exports = { World, WAIT_MS, within };
