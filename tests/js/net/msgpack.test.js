import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";

import { BadPack, decode, encode } from "../../../static/js/net/msgpack.js";

const kept = JSON.parse(readFileSync(new URL("../../golden/packs.json", import.meta.url), "utf8"));

/** @param {string} hex */
const bytes = (hex) => new Uint8Array(Buffer.from(hex, "hex"));

describe("bytes that msgspec wrote", () => {
  for (const { value, hex } of [...kept.both, ...kept.read]) {
    it(`are read: ${hex.slice(0, 24)}`, () => void assert.deepEqual(decode(bytes(hex)), value));
  }
  for (const { value, hex } of kept.both) {
    it(`are written alike: ${hex.slice(0, 24)}`, () => {
      assert.equal(Buffer.from(encode(value)).toString("hex"), hex);
    });
  }
});

describe("broken bytes", () => {
  for (const { name, hex } of kept.broken) it(`are refused: ${name}`, () => void assert.throws(() => decode(bytes(hex))));
});

describe("what JSON cannot hold", () => {
  it("binary comes back as bytes of its own", () => {
    for (const size of [0, 255, 256, 65_536]) {
      const packed = encode({ blob: new Uint8Array(size).fill(7) });
      const { blob } = decode(packed);
      assert.equal(blob.length, size);
      assert.notEqual(blob.buffer, packed.buffer, "a view of the message would keep it alive");
    }
  });
  it("not-a-number and the infinities", () => {
    assert.deepEqual(decode(encode([NaN, Infinity, -Infinity])), [NaN, Infinity, -Infinity]);
  });
  it("undefined properties are left out, and undefined items are nil", () => {
    assert.deepEqual(decode(encode({ a: undefined, b: [undefined] })), { b: [null] });
  });
  it("functions and big integers are refused", () => {
    assert.throws(() => encode({ a: () => 1 }), BadPack);
    assert.throws(() => encode(1n), BadPack);
  });
});

it("long strings, arrays and maps come back as they were", () => {
  const wide = Object.fromEntries(Array.from({ length: 65_536 }, (_, i) => [`k${i}`, i]));
  for (const value of ["x".repeat(65_536), Array(65_536).fill(null), wide]) assert.deepEqual(decode(encode(value)), value);
});

it("every integer near a power of two comes back as it was", () => {
  for (let bits = 0; bits <= 53; bits++) {
    for (const near of [2 ** bits - 1, 2 ** bits, -(2 ** bits), 1 - 2 ** bits]) {
      if (Number.isSafeInteger(near)) assert.equal(decode(encode(near)), near);
    }
  }
});

it("a message may stand inside a larger buffer", () => {
  assert.equal(decode(bytes("ffffa161ff").subarray(2, 4)), "a");
});
