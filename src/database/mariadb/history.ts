/**
 * History that was set aside is under a negative id in our record, as on SQLite. MariaDB's `monitor_id` is an int
 * unsigned: there it is under the same 32 bits taken for unsigned, 4,294,967,295 for -1, which Kuma's counter never
 * reaches.
 */
const RANGE = 2n ** 32n;

export function toServer(monitor: bigint): bigint {
  return monitor < 0n ? monitor + RANGE : monitor;
}

export function fromServer(monitor: bigint): bigint {
  return monitor >= RANGE / 2n ? monitor - RANGE : monitor;
}
