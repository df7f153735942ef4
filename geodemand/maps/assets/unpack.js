/* Reads what geodemand.maps.payload packs: base64 of deflated variable-length integers.
   Inflates by itself (RFC 1951), so that the page also works where a browser has no
   DecompressionStream, and at once rather than some time later. */
(function (geo) {
  'use strict';

  const LENGTH_BASE = [3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67,
    83, 99, 115, 131, 163, 195, 227, 258];
  const LENGTH_BITS = [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5,
    5, 5, 0];
  const DISTANCE_BASE = [1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513,
    769, 1025, 1537, 2049, 3073, 4097, 6145, 8193, 12289, 16385, 24577];
  const DISTANCE_BITS = [0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10,
    11, 11, 12, 12, 13, 13];
  const CODE_ORDER = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];
  const MAX_BITS = 15;

  /* A canonical Huffman code as counts by length and symbols in order of their codes. */
  function huffman(lengths) {
    const count = new Uint16Array(MAX_BITS + 1);
    const symbol = new Uint16Array(lengths.length);
    const offset = new Uint16Array(MAX_BITS + 2);
    for (const length of lengths) count[length] += 1;
    count[0] = 0;
    for (let bits = 1; bits <= MAX_BITS; bits += 1) offset[bits + 1] = offset[bits] + count[bits];
    lengths.forEach((length, at) => {
      if (length) { symbol[offset[length]] = at; offset[length] += 1; }
    });
    return { count, symbol };
  }

  function bitReader(bytes) {
    let at = 0;
    let held = 0;
    let holding = 0;
    function bits(wanted) {
      while (holding < wanted) {
        held |= bytes[at] << holding;
        at += 1;
        holding += 8;
      }
      const value = held & ((1 << wanted) - 1);
      held >>>= wanted;
      holding -= wanted;
      return value;
    }
    function symbol(code) {
      let value = 0;
      let first = 0;
      let index = 0;
      for (let length = 1; length <= MAX_BITS; length += 1) {
        value |= bits(1);
        const count = code.count[length];
        if (value - first < count) return code.symbol[index + value - first];
        index += count;
        first = (first + count) << 1;
        value <<= 1;
      }
      throw new Error('packed data are damaged');
    }
    function stored() {
      held = 0;
      holding = 0;
      const length = bytes[at] | (bytes[at + 1] << 8);
      at += 4 + length;
      return bytes.subarray(at - length, at);
    }
    return { bits, symbol, stored };
  }

  function growing() {
    let room = new Uint8Array(65536);
    let used = 0;
    function reserve(more) {
      if (used + more <= room.length) return;
      const larger = new Uint8Array(Math.max(room.length * 2, used + more));
      larger.set(room.subarray(0, used));
      room = larger;
    }
    return {
      byte(value) { reserve(1); room[used] = value; used += 1; },
      add(bytes) { reserve(bytes.length); room.set(bytes, used); used += bytes.length; },
      repeat(distance, length) {
        reserve(length);
        for (let i = 0; i < length; i += 1) { room[used] = room[used - distance]; used += 1; }
      },
      done() { return room.subarray(0, used); },
    };
  }

  function fixedCodes() {
    const lengths = new Array(288).fill(8).fill(9, 144, 256).fill(7, 256, 280);
    return { literal: huffman(lengths), distance: huffman(new Array(30).fill(5)) };
  }

  function writtenCodes(reader) {
    const literals = reader.bits(5) + 257;
    const distances = reader.bits(5) + 1;
    const written = reader.bits(4) + 4;
    const lengths = new Array(19).fill(0);
    for (let i = 0; i < written; i += 1) lengths[CODE_ORDER[i]] = reader.bits(3);
    const code = huffman(lengths);
    const all = [];
    while (all.length < literals + distances) {
      const symbol = reader.symbol(code);
      if (symbol < 16) all.push(symbol);
      else {
        const again = symbol === 16 ? all[all.length - 1] : 0;
        const times = symbol === 16 ? 3 + reader.bits(2)
          : symbol === 17 ? 3 + reader.bits(3) : 11 + reader.bits(7);
        for (let i = 0; i < times; i += 1) all.push(again);
      }
    }
    return { literal: huffman(all.slice(0, literals)), distance: huffman(all.slice(literals)) };
  }

  function block(reader, codes, out) {
    for (;;) {
      const symbol = reader.symbol(codes.literal);
      if (symbol === 256) return;
      if (symbol < 256) out.byte(symbol);
      else {
        const length = LENGTH_BASE[symbol - 257] + reader.bits(LENGTH_BITS[symbol - 257]);
        const place = reader.symbol(codes.distance);
        out.repeat(DISTANCE_BASE[place] + reader.bits(DISTANCE_BITS[place]), length);
      }
    }
  }

  function inflate(bytes) {
    const reader = bitReader(bytes);
    const out = growing();
    let last = 0;
    while (!last) {
      last = reader.bits(1);
      const kind = reader.bits(2);
      if (kind === 0) out.add(reader.stored());
      else block(reader, kind === 1 ? fixedCodes() : writtenCodes(reader), out);
    }
    return out.done();
  }

  /* Packed text to whole numbers. */
  geo.unpack = function (text) {
    const bytes = inflate(Uint8Array.from(atob(text), (mark) => mark.charCodeAt(0)));
    const found = new Int32Array(bytes.reduce((sum, byte) => sum + (byte < 128 ? 1 : 0), 0));
    let at = 0;
    let value = 0;
    let scale = 1;
    for (const byte of bytes) {
      value += (byte & 127) * scale;
      scale *= 128;
      if (byte < 128) {
        found[at] = value % 2 ? -(value + 1) / 2 : value / 2;
        at += 1;
        value = 0;
        scale = 1;
      }
    }
    return found;
  };

  /* Differences to values, in place. */
  geo.sums = function (numbers) {
    for (let i = 1; i < numbers.length; i += 1) numbers[i] += numbers[i - 1];
    return numbers;
  };

  /* Packed shapes to [area][polygon][ring][point], a point being [north, east] in metres. */
  geo.unpackShapes = function (geography) {
    const stream = geo.unpack(geography.shapes);
    let at = 0;
    const next = () => { at += 1; return stream[at - 1]; };
    const list = (make) => Array.from({ length: next() }, make);
    const lengths = list(() => list(() => list(next)));
    const points = (stream.length - at) / 2;
    const x = geo.sums(stream.slice(at, at + points));
    const y = geo.sums(stream.slice(at + points));
    let point = 0;
    const ring = (length) => Array.from({ length }, () => {
      point += 1;
      return [y[point - 1] * geography.step, x[point - 1] * geography.step];
    });
    return lengths.map((area) => area.map((polygon) => polygon.map(ring)));
  };

  /* A data block of the page; null where the page has none of that name. */
  geo.data = function (name) {
    const block = document.getElementById('data-' + name);
    return block ? JSON.parse(block.textContent) : null;
  };
}(window.geodemand = window.geodemand || {}));
