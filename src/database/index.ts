export { type LocationSources, locateDatabase } from "./locate.ts";
export type { DatabaseLocation, EmbeddedMariaDbLocation } from "./location.ts";
export { hasPendingMigrations } from "./sqlite/migrations.ts";
export { openKumaDatabase, openSqlite, type SyncDatabase } from "./sqlite/open-sqlite.ts";
export type {
  DatabaseProblem,
  DatabaseProblemCode,
  DatabaseResult,
  Examination,
  KumaDatabase,
  PlanSummary,
  RollBackPreview,
} from "./types.ts";
