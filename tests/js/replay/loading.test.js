import assert from "node:assert/strict";
import { it } from "node:test";

import { loaderOf, NoChunk } from "../../../static/js/replay/loading.js";

/**
 * A server that gives these answers in turn, the last one again and again.
 *
 * @param {(Response|Error)[]} answers
 */
function scripted(...answers) {
  /** @type {string[]} */
  const asked = [];
  /** @type {number[]} */
  const waits = [];
  const get = async (/** @type {string} */ url) => {
    asked.push(url);
    const answer = answers[Math.min(asked.length, answers.length) - 1];
    if (answer instanceof Error) throw answer;
    return /** @type {Response} */ (answer).clone();
  };
  const means = { fetch: /** @type {typeof fetch} */ (get), wait: async (/** @type {number} */ ms) => void waits.push(ms) };
  return { asked, waits, means };
}

const problem = (/** @type {number} */ status, headers = {}) =>
  new Response(JSON.stringify({ detail: "Not this one." }), { status, headers });

it("a chunk is asked for by tick and view", async () => {
  const { asked, means } = scripted(new Response('{"from": 200}'));
  assert.deepEqual(await loaderOf("/replay", null, means)(200), { from: 200 });
  await loaderOf("/replay", 3, means)(0);
  assert.deepEqual(asked, ["/replay?from=200", "/replay?from=0&view=3"]);
});

it("a server that asks for patience is asked again, when it says", async () => {
  const { waits, means } = scripted(problem(503, { "Retry-After": "3" }), problem(429), new Response("{}"));
  assert.deepEqual(await loaderOf("/replay", null, means)(0), {});
  assert.deepEqual(waits, [3000, 1000]);
});

it("not for ever", async () => {
  const { asked, means } = scripted(problem(503));
  await assert.rejects(loaderOf("/replay", null, means)(0), /too busy/);
  assert.equal(asked.length, 20);
});

it("a refusal is told in its own words", async () => {
  await assert.rejects(loaderOf("/replay", null, scripted(problem(409)).means)(0), { message: "Not this one." });
  const odd = scripted(new Response("<html>", { status: 502 })).means;
  await assert.rejects(loaderOf("/replay", null, odd)(0), { message: "The server answered 502." });
});

it("a server that is away is told too", async () => {
  const { means } = scripted(new TypeError("fetch failed"));
  await assert.rejects(loaderOf("/replay", null, means)(0), (error) => error instanceof NoChunk && /reached/.test(error.message));
});
