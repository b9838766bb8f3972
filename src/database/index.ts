export { type CatalogTable, catalog } from "./catalog.ts";
export { hasPendingMigrations } from "./sqlite/migrations.ts";
export { openKumaDatabase, openSqlite, type SyncDatabase } from "./sqlite/open-sqlite.ts";
export type {
  DatabaseProblemCode,
  DatabaseResult,
  Examination,
  KumaDatabase,
  PlanSummary,
  RollBackPreview,
} from "./types.ts";
