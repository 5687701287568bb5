/**
 * The real service for a test: tests/support/serve.py with its fleet, room and tokens; and clients that have a token.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import { createInterface } from "node:readline";

import { RoomClient } from "../../../static/js/net/client.js";

const TOP = path.resolve(import.meta.dirname, "../../..");
const PYTHON = path.join(TOP, ".venv/bin/python");

/** @param {...string} words  for serve.py */
export async function serve(...words) {
  const child = spawn(PYTHON, ["-m", "tests.support.serve", ...words], { cwd: TOP, stdio: ["pipe", "pipe", "pipe"] });
  let errors = "";
  child.stderr.on("data", (part) => void (errors += part));
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const answer = async () => {
    const { value, done } = await lines.next();
    if (done) throw new Error(`serve.py ended:\n${errors}`);
    return JSON.parse(value);
  };
  /** @type {{site: string, ws: string, room: string, tokens: string[]}} */
  const place = await answer();
  return {
    ...place,
    /** @param {string} order */
    async order(order) {
      child.stdin.write(`${order}\n`);
      const said = await answer();
      if (said.error) throw new Error(said.error);
    },
    async stop() {
      child.stdin.end();
      if (child.exitCode === null) await once(child, "exit");
    },
  };
}

/** A client with a bearer token, which Node's WebSocket takes as a header. @param {string} url @param {string} token @param {object} [options] */
export function clientOf(url, token, options = {}) {
  const WebSocket = class extends globalThis.WebSocket {
    /** @param {string} address @param {string[]} protocols */
    constructor(address, protocols) {
      const more = { protocols, headers: { Authorization: `Bearer ${token}` } };
      super(address, /** @type {any} */ (more)); // Node's own second form; browsers have cookies instead
    }
  };
  return new RoomClient({ url, WebSocket, ...options });
}

/**
 * Resolves when `truth()` holds, tried after every event of the room; rejects after a while, saying what was awaited.
 *
 * @param {RoomClient} room @param {() => unknown} truth @param {string} what @param {number} [ms]
 */
export function until(room, truth, what, ms = 20_000) {
  return new Promise((resolve, reject) => {
    /** @type {(() => void)[]} */
    const stops = [];
    const end = (/** @type {() => void} */ settle) => {
      clearTimeout(timer);
      for (const stop of stops) stop();
      settle();
    };
    const view = () => JSON.stringify(room.view?.whole ?? null);
    const timer = setTimeout(() => end(() => reject(new Error(`not within ${ms} ms: ${what}; seen: ${view()}`))), ms);
    const look = () => void (truth() && end(() => resolve(undefined)));
    for (const name of /** @type {const} */ (["frame", "event", "ack", "reject", "relay", "state", "goodbye"])) {
      stops.push(room.on(name, look));
    }
    look();
  });
}
