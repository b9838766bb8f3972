export { hasPendingMigrations } from "./migrations.ts";
export { openKumaDatabase } from "./sqlite.ts";
export type {
  DatabaseProblemCode,
  DatabaseResult,
  KumaDatabase,
  PlanSummary,
  RollBackPreview,
} from "./types.ts";
