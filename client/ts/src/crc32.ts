/** CRC-32 as zlib has it: browsers bring none. */

const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  return value;
});

/** Return the checksum of ASCII text, 0 to 2^32 - 1. */
export function crc32(text: string): number {
  let value = 0xffffffff;
  for (let at = 0; at < text.length; at++) value = (value >>> 8) ^ TABLE[(value ^ text.charCodeAt(at)) & 255]!;
  return (value ^ 0xffffffff) >>> 0;
}
