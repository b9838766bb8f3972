import type { Database } from "better-sqlite3";
import type { Value } from "../snapshot/index.ts";

/**
 * What a column of one of the two types for dates and times of day holds. SQLite keeps whatever text it is given, and
 * Kuma's page sends `2026-11-26 12:00` and `02:00`; MariaDB answers `2026-11-26 12:00:00` and `02:00:00` (measured on
 * 2.5.3, the only difference of form between the two). So that the same configuration has one content hash, it is read,
 * hashed and compared in MariaDB's form, in which Kuma takes it on SQLite, too.
 */
export type Moment = "datetime" | "time";

const SETTLED: Readonly<Record<Moment, string>> = {
  datetime: "[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9] [0-9][0-9]:[0-9][0-9]:[0-9][0-9]",
  time: "[0-9][0-9]:[0-9][0-9]:[0-9][0-9]",
};

const FORMS: Readonly<Record<Moment, RegExp>> = {
  datetime: /^(?<day>\d{4}-\d\d-\d\d)(?:[ T](?<time>\d\d:\d\d)(?<seconds>:\d\d)?(?:\.\d*)?)?$/,
  time: /^(?<time>\d\d:\d\d)(?<seconds>:\d\d)?(?:\.\d*)?$/,
};

/** The value in MariaDB's form; as it is when it is no text of a form that is known. */
export function settleMoment(value: Value, moment: Moment): Value {
  const parts = typeof value === "string" ? FORMS[moment].exec(value)?.groups : undefined;
  if (parts === undefined) return value;
  const time = `${parts.time ?? "00:00"}${parts.seconds ?? ":00"}`;
  return parts.day === undefined ? time : `${parts.day} ${time}`;
}

/** By the declared type, which is DATETIME or TIME on both engines. */
export function momentOf(declaredType: string): Moment | undefined {
  const type = declaredType.toLowerCase();
  return type === "datetime" || type === "time" ? type : undefined;
}

/** Makes `settleMoment` known to SQL on this connection. */
export function defineMoments(db: Database): void {
  db.function("settle_moment", { deterministic: true }, settleMoment);
}

/** `settleMoment` as an SQL expression. @param value an expression */
export function settledMoment(value: string, moment: Moment): string {
  return `settle_moment(${value}, '${moment}')`;
}

/** The condition under which the value of a column may have another form. No function: every row is asked. */
export function isUnsettled(value: string, moment: Moment): string {
  return `${value} NOT GLOB '${SETTLED[moment]}'`;
}
