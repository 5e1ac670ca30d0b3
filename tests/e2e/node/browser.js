// A page in headless Chromium, whose site is a small HTTP server of this process.
//
// The page speaks to the server with nothing but what every browser has, `WebSocket` and `fetch`,
// from an origin of its own: what it may do is what CORS and the server's origin rules allow.

"use strict";

const http = require("node:http");
const { chromium } = require("playwright-core");

const { WAIT_MS, within } = require("./world.js");

const FLAGS = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  // Nothing but the loopback can be reached, whatever the browser would like to look up.
  "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
];

// Serves an empty page on this port (0: any), and gives its origin.
async function site(port) {
  const server = http.createServer((_, response) => {
    response.setHeader("Content-Type", "text/html; charset=utf-8");
    response.end("<!doctype html><title>page</title>");
  });
  await new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", resolve);
  });
  return { server, origin: `http://127.0.0.1:${server.address().port}` };
}

// Runs `use(page, origin)` with a page of that site. The profile is new and is removed.
async function withPage(port, use) {
  const { server, origin } = await site(port);
  const browser = await chromium.launch({
    executablePath: process.env.PARLANCE_CHROMIUM,
    args: FLAGS,
    timeout: WAIT_MS,
  });
  try {
    const page = await browser.newPage();
    page.setDefaultTimeout(WAIT_MS);
    const complaints = [];
    page.on("pageerror", (error) => complaints.push(String(error)));
    await page.addInitScript(installPage);
    await page.goto(origin);
    await within("the page's script ends", use(page, origin));
    if (complaints.length > 0) {
      throw new Error(`the page complains: ${complaints.join("; ")}`);
    }
  } finally {
    await browser.close();
    server.close();
  }
}

// Runs in the page: what its scripts share.
function installPage() {
  // A WebSocket whose frames are awaited one by one.
  class Socket {
    constructor(url) {
      this.frames = [];
      this.waiting = [];
      this.end = null;
      this.socket = new WebSocket(url);
      this.opened = new Promise((resolve) => {
        this.socket.onopen = () => resolve(true);
        this.socket.onclose = ({ code }) => {
          this.end = code;
          resolve(false);
          this.waiting.splice(0).forEach(({ reject }) => reject(new Error(`closed: ${code}`)));
        };
      });
      this.socket.onmessage = ({ data }) => {
        const next = this.waiting.shift();
        if (next) next.resolve(data);
        else this.frames.push(data);
      };
    }

    static async open(url) {
      const socket = new Socket(url);
      if (!(await socket.opened)) throw new Error(`${url}: closed with ${socket.end}`);
      return socket;
    }

    send(value) {
      this.socket.send(JSON.stringify(value));
    }

    async receive() {
      if (this.frames.length > 0) return JSON.parse(this.frames.shift());
      if (this.end !== null) throw new Error(`closed: ${this.end}`);
      return JSON.parse(
        await new Promise((resolve, reject) => this.waiting.push({ resolve, reject })),
      );
    }
  }

  // The status and the body of a POST of JSON.
  async function post(url, token, body) {
    const headers = { "Content-Type": "application/json" };
    if (token !== null) headers.Authorization = `Bearer ${token}`;
    const answer = await fetch(url, { method: "POST", headers, body: JSON.stringify(body) });
    const text = await answer.text();
    return { status: answer.status, body: text === "" ? null : JSON.parse(text) };
  }

  window.parlance = { Socket, post };
}

module.exports = { withPage };
