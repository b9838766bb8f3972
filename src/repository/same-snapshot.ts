/** Whether two restic ids name one snapshot: restic 0.14 tells the id of a new one in its short form only. */
export function isSameSnapshot(a: string, b: string): boolean {
  const length = Math.min(a.length, b.length);
  return length >= 8 && a.slice(0, length) === b.slice(0, length);
}
