// Opens the packed data of the page: base64 around deflate around one JSON head and binary parts.

/**
 * Undo base64 and raw deflate; gives the bytes.
 * @param {string} text
 */
export async function inflate(text) {
  const packed = Uint8Array.from(atob(text.trim()), (c) => c.charCodeAt(0));
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/**
 * Split the bytes in the head (an object) and its named binary parts.
 * @param {Uint8Array} bytes
 * @returns {Packed}
 */
export function split(bytes) {
  const size = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
  const head = JSON.parse(new TextDecoder().decode(bytes.subarray(4, 4 + size)));
  let at = 4 + size;
  /** @type {Record<string, Uint8Array>} */
  const parts = {};
  for (const [name, length] of head.parts) {
    parts[name] = bytes.subarray(at, at + length);
    at += length;
  }
  return { head, parts };
}

/**
 * Read LEB128 varints: seven bits a byte, lowest first, the high bit set while more follow.
 * @param {Uint8Array} bytes
 */
export function varints(bytes) {
  const numbers = new Int32Array(bytes.length);
  let count = 0;
  let value = 0;
  let shift = 0;
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i];
    value |= (byte & 127) << shift;
    if (byte & 128) {
      shift += 7;
    } else {
      numbers[count++] = value;
      value = shift = 0;
    }
  }
  return numbers.subarray(0, count);
}

/** @type {(n: number) => number} */
export const unzigzag = (n) => (n >>> 1) ^ -(n & 1);
