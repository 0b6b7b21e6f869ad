/** The number of slots of a cluster. */
export const SLOTS = 16_384;

/** CRC-16/XMODEM, by byte. */
const CRC_TABLE = Uint16Array.from({ length: 256 }, (_, byte) => {
  let crc = byte << 8;
  for (let bit = 0; bit < 8; bit++) crc = crc & 0x8000 ? (crc << 1) ^ 0x1021 : crc << 1;
  return crc & 0xffff;
});

/** The slot of a key: of its hash tag, where it has one that is not empty (Redis cluster specification, "Hash tags"). */
export function keySlot(key: string): number {
  const open = key.indexOf('{');
  const close = open < 0 ? -1 : key.indexOf('}', open + 1);
  const hashed = close > open + 1 ? key.slice(open + 1, close) : key;
  let crc = 0;
  for (const byte of Buffer.from(hashed)) crc = ((crc << 8) ^ (CRC_TABLE[(crc >> 8) ^ byte] as number)) & 0xffff;
  return crc % SLOTS;
}
