/**
 * One line in the style of Kuma's own log (src/util.ts, the same from 1.23 to 2.5), without colours:
 * `2026-11-23T15:40:50Z [REPLICATOR] INFO: message`. A line stays one: control characters become spaces.
 * @param time milliseconds since 1970
 */
export function formatLikeKuma(time: number, level: string, message: string): string {
  const line = message.replaceAll(/\p{Cc}+/gu, " ");
  return `${formatTime(new Date(time))} [REPLICATOR] ${level.toUpperCase()}: ${line}\n`;
}

/** Local time with its offset, as dayjs().format() writes it in Kuma's lines, to whole seconds. */
function formatTime(date: Date): string {
  const offset = -date.getTimezoneOffset();
  const local = new Date(date.getTime() + offset * 60_000).toISOString().slice(0, 19);
  return offset === 0 ? `${local}Z` : `${local}${formatOffset(offset)}`;
}

function formatOffset(minutes: number): string {
  const two = (number: number) => String(number).padStart(2, "0");
  const size = Math.abs(minutes);
  return `${minutes < 0 ? "-" : "+"}${two(Math.floor(size / 60))}:${two(size % 60)}`;
}
