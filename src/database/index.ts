export { hasPendingMigrations } from "./migrations.ts";
export { openKumaDatabase, openSqlite, type SyncDatabase } from "./sqlite.ts";
export type {
  DatabaseProblemCode,
  DatabaseResult,
  Examination,
  KumaDatabase,
  PlanSummary,
  RollBackPreview,
} from "./types.ts";
