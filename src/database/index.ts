export { type LocationSources, locateDatabase } from "./locate.ts";
export type { DatabaseLocation } from "./location.ts";
export { openKumaDatabase } from "./open.ts";
export { hasPendingMigrations } from "./sqlite/migrations.ts";
export { openSqlite, type SyncDatabase } from "./sqlite/open-sqlite.ts";
export type {
  DatabaseProblemCode,
  DatabaseResult,
  Examination,
  KumaDatabase,
  PlanSummary,
  RollBackPreview,
} from "./types.ts";
export { openDatabaseWorker } from "./worker/client.ts";
export type { DatabaseWorker, LoadedSnapshot, Reading } from "./worker/types.ts";
