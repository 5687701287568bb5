/**
 * A clock that stands still until a test moves it; its timers fire in order. What net/ calls Timers.
 */
export class FakeClock {
  #now = 0;
  #next = 1;
  /** @type {Map<number, {at: number, run: () => void}>} */
  #timers = new Map();

  now = () => this.#now;

  /** @param {() => void} run @param {number} ms */
  setTimeout = (run, ms) => {
    this.#timers.set(this.#next, { at: this.#now + Math.max(0, ms), run });
    return this.#next++;
  };

  /** @param {number} id */
  clearTimeout = (id) => void this.#timers.delete(id);

  /** Lets time pass, firing what falls due at its own time. @param {number} ms */
  pass(ms) {
    const until = this.#now + ms;
    for (let due = this.#first(until); due; due = this.#first(until)) {
      this.#timers.delete(due.id);
      this.#now = Math.max(this.#now, due.at);
      due.run();
    }
    this.#now = until;
  }

  /** The machine sleeps: time passes and no timer fires until it wakes. @param {number} ms */
  sleep(ms) {
    this.#now += ms;
    this.pass(0);
  }

  /** @returns {number} timers that are set */
  get pending() {
    return this.#timers.size;
  }

  /** @param {number} until */
  #first(until) {
    const due = [...this.#timers].map(([id, timer]) => ({ id, ...timer })).filter(({ at }) => at <= until);
    return due.sort((a, b) => a.at - b.at || a.id - b.id)[0];
  }
}
