import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";

import { Viewed } from "../../../static/js/net/viewed.js";
import { CODECS } from "../../../static/js/net/wire.js";

const kept = JSON.parse(readFileSync(new URL("../../golden/cells.json", import.meta.url), "utf8"));

describe("a large world, seen cell by cell", () => {
  for (const wire of /** @type {const} */ (["json", "msgpack"])) {
    it(`is seen as the engine says, over ${wire}`, () => {
      const viewed = new Viewed();
      for (const { said, tick, game } of kept[wire]) {
        const raw = wire === "json" ? said : Buffer.from(said, "hex");
        const message = CODECS[wire].read(raw);
        if (message.t === "welcome") viewed.put(message, 0);
        else if (Array.isArray(message) || message.t === "frame") viewed.apply(message, 0);
        assert.equal(viewed.view?.tick, tick);
        assert.deepEqual(viewed.view?.whole.game, game);
      }
    });
  }
});
