/**
 * MessagePack, as much of it as the wire uses: nil, bool, integers up to 53 bits, floats, strings, binary, arrays and
 * maps with string keys. Extension types are refused: the wire has none.
 */
import { put } from "./patch.js";

const utf8 = new TextEncoder();
const text = new TextDecoder("utf-8", { fatal: true });

/** Bytes that are no MessagePack value of the wire, or a value that has none. */
export class BadPack extends Error {}

/** Reads one value; `at` is the next byte. Running out of bytes raises RangeError, by DataView itself. */
class Reader {
  at = 0;

  /** @param {Uint8Array} bytes */
  constructor(bytes) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** @param {number} size  1, 2 or 4 bytes @returns {number} */
  uint(size) {
    const at = this.at;
    this.at += size;
    if (size === 1) return this.view.getUint8(at);
    return size === 2 ? this.view.getUint16(at) : this.view.getUint32(at);
  }

  /** @returns {any} */
  value() {
    const first = this.uint(1);
    if (first < 0x80) return first;
    if (first >= 0xe0) return first - 0x100;
    if (first < 0x90) return this.map(first & 15);
    if (first < 0xa0) return this.array(first & 15);
    if (first < 0xc0) return this.string(first & 31);
    return this.marked(first);
  }

  /** @param {number} first  0xc0 to 0xdf: the kind stands in a byte of its own @returns {any} */
  marked(first) {
    const width = 1 << (first & 3);
    if (first >= 0xcc && first <= 0xcf) return width === 8 ? this.long(false) : this.uint(width);
    if (first >= 0xd0 && first <= 0xd3) return width === 8 ? this.long(true) : this.signed(width);
    const read = MARKED[first];
    if (!read) throw new BadPack(`a byte that no message has: ${first}`);
    return read(this);
  }

  /** @param {number} width @returns {number} */
  signed(width) {
    const shift = 32 - 8 * width;
    return (this.uint(width) << shift) >> shift;
  }

  /** @param {boolean} signed @returns {number} */
  long(signed) {
    const high = this.uint(4);
    const value = (signed ? high | 0 : high) * 2 ** 32 + this.uint(4);
    if (!Number.isSafeInteger(value)) throw new BadPack("an integer beyond 53 bits");
    return value;
  }

  /** @param {4|8} width @returns {number} */
  float(width) {
    const at = this.at;
    this.at += width;
    return width === 4 ? this.view.getFloat32(at) : this.view.getFloat64(at);
  }

  /** @param {number} length @returns {Uint8Array} */
  slice(length) {
    const end = this.at + length;
    if (end > this.bytes.length) throw new BadPack("the message is cut short");
    const part = this.bytes.subarray(this.at, end);
    this.at = end;
    return part;
  }

  /** @param {number} length @returns {string} */
  string(length) {
    return text.decode(this.slice(length));
  }

  /** @param {number} length @returns {any[]} */
  array(length) {
    const items = [];
    for (let i = 0; i < length; i++) items.push(this.value());
    return items;
  }

  /** @param {number} length @returns {Record<string, any>} */
  map(length) {
    /** @type {Record<string, any>} */
    const object = {};
    for (let i = 0; i < length; i++) put(object, String(this.value()), this.value());
    return object;
  }
}

/** @type {Record<number, (reader: Reader) => any>} */
const MARKED = {
  0xc0: () => null,
  0xc2: () => false,
  0xc3: () => true,
  0xc4: (r) => r.slice(r.uint(1)).slice(),
  0xc5: (r) => r.slice(r.uint(2)).slice(),
  0xc6: (r) => r.slice(r.uint(4)).slice(),
  0xca: (r) => r.float(4),
  0xcb: (r) => r.float(8),
  0xd9: (r) => r.string(r.uint(1)),
  0xda: (r) => r.string(r.uint(2)),
  0xdb: (r) => r.string(r.uint(4)),
  0xdc: (r) => r.array(r.uint(2)),
  0xdd: (r) => r.array(r.uint(4)),
  0xde: (r) => r.map(r.uint(2)),
  0xdf: (r) => r.map(r.uint(4)),
};

/** @param {Uint8Array} bytes  exactly one value @returns {any} */
export function decode(bytes) {
  const reader = new Reader(bytes);
  const value = reader.value();
  if (reader.at !== bytes.length) throw new BadPack("bytes after the end of the message");
  return value;
}

/** Collects the bytes of one value; its room doubles when it is used up. */
class Writer {
  bytes = new Uint8Array(256);
  view = new DataView(this.bytes.buffer);
  at = 0;

  /** @param {number} size @returns {number} where to write them */
  take(size) {
    const start = this.at;
    this.at += size;
    if (this.at > this.bytes.length) {
      const more = new Uint8Array(this.at * 2);
      more.set(this.bytes);
      this.bytes = more;
      this.view = new DataView(more.buffer);
    }
    return start;
  }

  /** @param {number} first  the leading byte @param {number} size  of what follows: 0, 1, 2 or 4 @param {number} value */
  head(first, size, value) {
    const at = this.take(1 + size);
    this.view.setUint8(at, first);
    if (size === 1) this.view.setUint8(at + 1, value);
    else if (size === 2) this.view.setUint16(at + 1, value);
    else if (size === 4) this.view.setUint32(at + 1, value);
  }

  /**
   * A length, in the shortest of its forms.
   *
   * @param {number} length
   * @param {[number, number]} short  leading byte and the first length that does not fit in it
   * @param {number[]} marks  leading bytes for 8, 16 and 32 bits; 0 where there is no such form
   */
  length(length, [base, end], marks) {
    if (length < end) return this.head(base + length, 0, 0);
    const form = length < 0x100 && marks[0] ? 0 : length < 0x10000 ? 1 : 2;
    this.head(/** @type {number} */ (marks[form]), 1 << form, length);
  }

  /** @param {Uint8Array} part */
  raw(part) {
    const at = this.take(part.length);
    this.bytes.set(part, at);
  }

  /** @param {number} value */
  number(value) {
    if (!Number.isSafeInteger(value) || Object.is(value, -0)) {
      const at = this.take(9);
      this.view.setUint8(at, 0xcb);
      this.view.setFloat64(at + 1, value);
    } else if (value >= -0x20 && value < 0x80) this.head(value & 0xff, 0, 0);
    else if (value > 0 && value <= 0xffffffff) this.length(value, [0, 0], [0xcc, 0xcd, 0xce]);
    else {
      const at = this.take(9);
      this.view.setUint8(at, value > 0 ? 0xcf : 0xd3);
      this.view.setInt32(at + 1, Math.floor(value / 2 ** 32));
      this.view.setUint32(at + 5, value >>> 0);
    }
  }

  /** @param {any} value */
  value(value) {
    if (value === null || value === undefined) return this.head(0xc0, 0, 0);
    if (typeof value === "boolean") return this.head(value ? 0xc3 : 0xc2, 0, 0);
    if (typeof value === "number") return this.number(value);
    if (typeof value === "string") return this.string(value);
    if (typeof value !== "object") throw new BadPack(`no message can hold a ${typeof value}`);
    this.object(value);
  }

  /** @param {string} value */
  string(value) {
    const part = utf8.encode(value);
    this.length(part.length, [0xa0, 32], [0xd9, 0xda, 0xdb]);
    this.raw(part);
  }

  /** @param {any} value  an array, bytes or a plain object; properties that are undefined are left out */
  object(value) {
    if (value instanceof Uint8Array) {
      this.length(value.length, [0, 0], [0xc4, 0xc5, 0xc6]);
      this.raw(value);
    } else if (Array.isArray(value)) {
      this.length(value.length, [0x90, 16], [0, 0xdc, 0xdd]);
      for (const item of value) this.value(item);
    } else {
      const keys = Object.keys(value).filter((key) => value[key] !== undefined);
      this.length(keys.length, [0x80, 16], [0, 0xde, 0xdf]);
      for (const key of keys) {
        this.string(key);
        this.value(value[key]);
      }
    }
  }
}

/** @param {any} value  plain data @returns {Uint8Array<ArrayBuffer>} */
export function encode(value) {
  const writer = new Writer();
  writer.value(value);
  return writer.bytes.slice(0, writer.at);
}
