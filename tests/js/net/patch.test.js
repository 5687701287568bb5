import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";

import { applyPatch, BadPatch } from "../../../static/js/net/patch.js";

const kept = JSON.parse(readFileSync(new URL("../../golden/patches.json", import.meta.url), "utf8"));

describe("patches that rooms/core/delta.py wrote", () => {
  for (const { name, old, patch, new: wanted } of kept.fit) {
    it(`lead from old to new: ${name}`, () => {
      const before = JSON.stringify([old, patch]);
      assert.equal(sorted(applyPatch(old, patch)), sorted(wanted));
      assert.equal(JSON.stringify([old, patch]), before, "an argument was changed");
    });
  }
});

describe("patches that do not fit", () => {
  for (const { name, old, patch } of kept.misfit) {
    it(`are refused: ${name}`, () => void assert.throws(() => applyPatch(old, patch), BadPatch));
  }
});

it("an unchanged part is shared, not copied", () => {
  const old = { still: [1, 2, 3], moving: 1 };
  assert.equal(applyPatch(old, [1, { moving: [0, 2] }]).still, old.still);
});

it("a key named __proto__ is a key like another", () => {
  const after = applyPatch({}, [1, { ["__proto__"]: [0, { evil: true }] }]);
  assert.equal(Object.getPrototypeOf(after), Object.prototype);
  assert.equal(after.evil, undefined);
});

/** JSON with sorted keys: their order is no part of a tree. @param {any} tree @returns {string} */
function sorted(tree) {
  if (Array.isArray(tree)) return `[${tree.map(sorted)}]`;
  if (tree === null || typeof tree !== "object") return JSON.stringify(tree);
  return `{${Object.keys(tree).sort().map((key) => `${JSON.stringify(key)}:${sorted(tree[key])}`)}}`;
}
