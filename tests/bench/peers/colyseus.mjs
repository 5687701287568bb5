// Colyseus as its documentation shows it: rooms with a schema state, the ws transport, one process.
// The rules are those of tests/bench/games, word for word where the languages allow it.
//
// A room steps and sends its patch in one timer (patchRate null), which is less work and less delay than two.
import { Room, Server } from "@colyseus/core";
import { schema, t } from "@colyseus/schema";
import { WebSocketTransport } from "@colyseus/ws-transport";

const TICK = 50, SLOW_TICK = 500, TEXT = 128, SIDE = 1000, SPEED = 8, HEADINGS = 64, NEAR = 24;
const LETTERS = "abcdefghijklmnopqrstuvwxyz".repeat(8);
const DX = Array.from({ length: HEADINGS }, (_, h) => Math.round(SPEED * Math.cos((2 * Math.PI * h) / HEADINGS)));
const DY = Array.from({ length: HEADINGS }, (_, h) => Math.round(SPEED * Math.sin((2 * Math.PI * h) / HEADINGS)));

const BoardState = schema({ n: t.uint32(), text: t.string() }, "BoardState");

class Board extends Room {
  patchRate = null;
  maxClients = 250;
  state = new BoardState();
  onCreate() {
    this.state.n = 0;
    this.state.text = "";
    this.setTimestep(() => {
      const n = (this.state.n += 1);
      this.state.text = LETTERS.slice(n % 64, (n % 64) + TEXT);
      this.broadcastPatch();
    }, TICK);
  }
}

const Told = schema({ mark: t.uint32(), aim: t.uint16(), keys: t.uint8() }, "Told");
const MarksState = schema({ n: t.uint32(), players: t.map(Told) }, "MarksState");

class Marks extends Room {
  patchRate = null;
  maxClients = 250;
  state = new MarksState();
  messages = {
    i: (client, input) => {
      const told = this.state.players.get(client.sessionId);
      told.mark = input.mark;
      told.aim = input.aim;
      told.keys = input.keys;
    },
  };
  onCreate() {
    this.state.n = 0;
    this.setTimestep(() => {
      this.state.n += 1;
      this.broadcastPatch();
    }, SLOW_TICK);
  }
  onJoin(client) {
    this.state.players.set(client.sessionId, new Told().assign({ mark: 0, aim: 0, keys: 0 }));
  }
  onLeave(client) {
    this.state.players.delete(client.sessionId);
  }
}

const SHIP = { x: t.uint16(), y: t.uint16(), heading: t.uint8(), score: t.uint16(), mark: t.uint32() };
const Ship = schema(SHIP, "Ship");
const DriftState = schema(
  { n: t.uint32(), coin_x: t.uint16(), coin_y: t.uint16(), ships: t.map(Ship) },
  "DriftState",
);

class Drift extends Room {
  patchRate = null;
  maxClients = 8;
  state = new DriftState();
  messages = {
    i: (client, input) => {
      const ship = this.state.ships.get(client.sessionId);
      ship.heading = input.heading;
      ship.mark = input.mark;
    },
  };
  onCreate() {
    this.state.assign({ n: 0, coin_x: 500, coin_y: 500 });
    this.setTimestep(() => {
      this.step();
      this.broadcastPatch();
    }, TICK);
  }
  onJoin(client) {
    const seat = this.state.ships.size;
    const ship = new Ship().assign({ x: 100 + 100 * seat, y: 500, heading: 8 * seat, score: 0, mark: 0 });
    this.state.ships.set(client.sessionId, ship);
  }
  onLeave(client) {
    this.state.ships.delete(client.sessionId);
  }
  step() {
    const state = this.state;
    state.n += 1;
    for (const ship of state.ships.values()) {
      const x = Math.min(Math.max(ship.x + DX[ship.heading], 0), SIDE);
      const y = Math.min(Math.max(ship.y + DY[ship.heading], 0), SIDE);
      ship.x = x;
      ship.y = y;
      if (Math.abs(x - state.coin_x) <= NEAR && Math.abs(y - state.coin_y) <= NEAR) {
        ship.score += 1;
        state.coin_x = (state.coin_x * 7 + state.n) % SIDE;
        state.coin_y = (state.coin_y * 11 + state.n) % SIDE;
      }
    }
  }
}

class Still extends Room {
  patchRate = null;
  maxClients = 8;
  state = new (schema({ n: t.uint32() }, "StillState"))();
  onCreate() {
    this.state.n = 0;
  }
}

const SWARM = 100, SWARM_SPEED = 3;
const Entity = schema({ x: t.number(), y: t.number() }, "Entity");
const SwarmState = schema({ entities: t.array(Entity) }, "SwarmState");

class Swarm extends Room {
  patchRate = null;
  state = new SwarmState();
  onCreate({ moving }) {
    const way = () => (1 + Math.floor(Math.random() * SWARM_SPEED)) * (Math.random() < 0.5 ? -1 : 1);
    for (let at = 0; at < SWARM; at++) {
      this.state.entities.push(
        new Entity().assign({ x: Math.floor(Math.random() * SIDE), y: Math.floor(Math.random() * SIDE) }),
      );
    }
    const ways = Array.from({ length: moving }, () => [way(), way()]);
    this.setTimestep(() => {
      ways.forEach((by, at) => {
        const entity = this.state.entities[at];
        if (entity.x + by[0] < 0 || entity.x + by[0] >= SIDE) by[0] = -by[0];
        if (entity.y + by[1] < 0 || entity.y + by[1] >= SIDE) by[1] = -by[1];
        entity.x += by[0];
        entity.y += by[1];
      });
      this.broadcastPatch();
    }, TICK);
  }
}

const FLOOD_TEXT = 8192, FLOOD = "abcdefghijklmnopqrstuvwxyz".repeat(318);
const FloodState = schema({ n: t.uint32(), text: t.string() }, "FloodState");

class Flood extends Room {
  patchRate = null;
  maxClients = 20;
  state = new FloodState();
  onCreate() {
    this.state.n = 0;
    this.state.text = "";
    this.setTimestep(() => {
      const n = (this.state.n += 1);
      this.state.text = FLOOD.slice(n % 26, (n % 26) + FLOOD_TEXT);
      this.broadcastPatch();
    }, TICK);
  }
}

const server = new Server({ transport: new WebSocketTransport(), greet: false });
server.define("board", Board);
server.define("marks", Marks);
server.define("drift", Drift);
server.define("flood", Flood);
server.define("still", Still);
server.define("swarm", Swarm);
await server.listen(Number(process.env.PORT), "127.0.0.1", 2048);
console.log("listening");
