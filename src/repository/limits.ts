/** How long each command of restic may take, milliseconds. */
export interface Limits {
  readonly version: number;
  readonly list: number;
  readonly unlock: number;
  readonly create: number;
  readonly download: number;
  readonly publish: number;
  readonly forget: number;
  /** How long a write waits for another restic's lock. */
  readonly lock: number;
}

export const LIMITS: Limits = {
  version: 10_000,
  list: 60_000,
  unlock: 60_000,
  create: 2 * 60_000,
  download: 5 * 60_000,
  publish: 10 * 60_000,
  forget: 60 * 60_000,
  lock: 60_000,
};
