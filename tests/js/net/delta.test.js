import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";

import { later } from "../../../static/js/net/delta.js";
import { decode } from "../../../static/js/net/msgpack.js";
import { BadPatch } from "../../../static/js/net/patch.js";

const kept = JSON.parse(readFileSync(new URL("../../golden/deltas.json", import.meta.url), "utf8"));
const base = { ...kept.base[0], cells: new Map() };
const [{ fields, tick_hz: tickHz }] = kept.reading;
const reading = { fields, tickHz };

describe("deltas that the engine wrote", () => {
  for (const { name, delta, hex, after } of kept.fit) {
    it(`lead from the base to what comes after: ${name}`, () => {
      const before = JSON.stringify(base);
      assert.deepEqual(later(base, delta, reading), { ...after, cells: base.cells });
      const packed = decode(new Uint8Array(Buffer.from(hex, "hex")));
      assert.deepEqual(later(base, packed, reading), later(base, delta, reading), "msgpack says another thing");
      assert.equal(JSON.stringify(base), before, "the base was changed");
    });
  }
});

describe("deltas that do not fit", () => {
  for (const { name, delta } of kept.misfit) {
    it(`are refused: ${name}`, () => void assert.throws(() => later(base, delta, reading), BadPatch));
  }
});

it("what has not changed is shared with the base", () => {
  const { whole } = later(base, [1, 8, 7], reading);
  assert.equal(whole.room, base.whole.room);
  assert.equal(whole.game.ships, base.whole.game.ships);
  assert.equal(whole.game.left, 7);
});
