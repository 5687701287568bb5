/**
 * Asks the server for chunks of a replay, again where it asks for patience. No DOM.
 */

const TRIES = 20; // a far place in a long match is prepared in several goes
const PAUSE = 1000; // ms, unless the server says otherwise

/** The server refuses, or cannot be reached; the message is for people. */
export class NoChunk extends Error {}

/**
 * @param {string} address  of the API's call
 * @param {number|null} view
 * @param {{fetch?: typeof fetch, wait?: (ms: number) => Promise<void>}} [means]
 * @returns {(from: number) => Promise<any>}
 */
export function loaderOf(address, view, { fetch: get = (url) => fetch(url), wait = pause } = {}) {
  const seen = view === null ? "" : `&view=${view}`;
  return async (from) => {
    for (let tries = 0; tries < TRIES; tries += 1) {
      const answer = await reach(() => get(`${address}?from=${from}${seen}`));
      if (answer.ok) return answer.json();
      if (answer.status !== 503 && answer.status !== 429) throw new NoChunk(await reasonOf(answer));
      await wait(1000 * Number(answer.headers.get("Retry-After") ?? 0) || PAUSE);
    }
    throw new NoChunk("The server is too busy to prepare this part of the replay.");
  };
}

/** @param {() => Promise<Response>} ask */
async function reach(ask) {
  try {
    return await ask();
  } catch (error) {
    throw new NoChunk("The server cannot be reached.", { cause: error });
  }
}

/** @param {Response} answer @returns {Promise<string>} */
async function reasonOf(answer) {
  try {
    return String((await answer.json()).detail);
  } catch {
    return `The server answered ${answer.status}.`; // no problem+json: something before our server spoke
  }
}

/** @param {number} ms @returns {Promise<void>} */
const pause = (ms) => new Promise((done) => setTimeout(done, ms));
