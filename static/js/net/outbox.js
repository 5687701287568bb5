/**
 * Inputs that are not yet known to count, oldest first. After a reconnect they go out again; the server tells what it
 * has seen already by their seq, so each counts once.
 *
 * @typedef {{seq: number, t: string, [field: string]: any}} Command
 */
export class Outbox {
  /** @type {Command[]} */
  #commands = [];
  /** @type {Command[]} */
  #answered = []; // the last few: a refusal may come after the frame that says "answered"
  #unsent = 0; // index of the first that has not gone out on the present socket

  /** @param {number} [limit] */
  constructor(limit = 256) {
    this.limit = limit;
  }

  /** @returns {boolean} */
  get full() {
    return this.#commands.length >= this.limit;
  }

  /** @returns {readonly Command[]} */
  get commands() {
    return this.#commands;
  }

  /** @param {Command} command */
  add(command) {
    this.#commands.push(command);
  }

  /** Takes the next to send on this socket. @returns {Command|undefined} */
  next() {
    const command = this.#commands[this.#unsent];
    if (command) this.#unsent++;
    return command;
  }

  /** A new socket: all must go out again. */
  rewind() {
    this.#unsent = 0;
  }

  /** Everything up to `seq` has been answered. @param {number} seq */
  settle(seq) {
    this.#drop((command) => command.seq <= seq);
  }

  /** One was refused. @param {number} seq @returns {Command|undefined} what it was, if that is still known */
  refuse(seq) {
    this.#drop((command) => command.seq === seq);
    return this.#answered.find((command) => command.seq === seq);
  }

  clear() {
    this.#drop(() => true);
    this.#answered = [];
  }

  /** @param {(command: Command) => boolean} answered */
  #drop(answered) {
    const sent = this.#commands.slice(0, this.#unsent);
    this.#unsent -= sent.filter(answered).length;
    this.#answered = [...this.#answered, ...this.#commands.filter(answered)].slice(-64);
    this.#commands = this.#commands.filter((command) => !answered(command));
  }
}
