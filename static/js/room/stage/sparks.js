/**
 * What flies apart: short-lived sparks and rings for a canvas. With less motion asked for, one still ring that fades.
 */

const LIFE = 620; // ms
const MOST = 400; // sparks at once; the oldest go first

/** @typedef {{x: number, y: number, vx: number, vy: number, age: number, size: number, colour: string}} Spark */

export class Sparks {
  /** @type {Spark[]} */
  #flying = [];
  /** @type {{seat: number, x: number, y: number, colour: string}[]} drawn last time */
  #there = [];

  /**
   * Burst where something was drawn last time and is drawn no more.
   *
   * @param {{seat: number, x: number, y: number, colour: string}[]} now   what is drawn
   * @param {boolean} calm   no more than a ring
   */
  lost(now, calm) {
    const seats = new Set(now.map(({ seat }) => seat));
    for (const gone of this.#there.filter(({ seat }) => !seats.has(seat))) {
      this.burst(gone, gone.colour, { count: calm ? 0 : 26, speed: 420, size: 70 });
    }
    this.#there = now;
  }

  /**
   * @param {{x: number, y: number}} at   world units
   * @param {string} colour
   * @param {object} how
   * @param {number} how.count            sparks; 0 for the ring alone
   * @param {number} how.speed            units a second of the fastest
   * @param {number} how.size             units across of the ring
   */
  burst({ x, y }, colour, { count, speed, size }) {
    this.#flying.push({ x, y, vx: 0, vy: 0, age: 0, size, colour });
    for (let at = 0; at < count; at += 1) {
      const [angle, pace] = [Math.random() * 2 * Math.PI, speed * (0.25 + 0.75 * Math.random())];
      const [vx, vy] = [Math.cos(angle) * pace, Math.sin(angle) * pace];
      this.#flying.push({ x, y, vx, vy, age: Math.random() * 200, size: 0, colour });
    }
    this.#flying = this.#flying.slice(-MOST);
  }

  /** @param {CanvasRenderingContext2D} pen  in world units @param {number} elapsed  ms */
  draw(pen, elapsed) {
    this.#flying = this.#flying.filter((spark) => (spark.age += elapsed) < LIFE);
    for (const spark of this.#flying) {
      const left = 1 - spark.age / LIFE;
      pen.globalAlpha = left;
      pen.strokeStyle = spark.colour;
      pen.fillStyle = spark.colour;
      pen.beginPath();
      if (spark.size) {
        pen.lineWidth = 10 * left;
        pen.arc(spark.x, spark.y, spark.size * (1 - left ** 3), 0, 2 * Math.PI);
        pen.stroke();
        continue;
      }
      spark.x += (spark.vx * elapsed) / 1000;
      spark.y += (spark.vy * elapsed) / 1000;
      pen.arc(spark.x, spark.y, 2 + 5 * left, 0, 2 * Math.PI);
      pen.fill();
    }
    pen.globalAlpha = 1;
  }
}
