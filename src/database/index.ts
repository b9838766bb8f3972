export { hasPendingMigrations } from "./migrations.ts";
export { openKumaDatabase } from "./sqlite.ts";
export type {
  DatabaseProblemCode,
  DatabaseResult,
  KumaDatabase,
  PlanSummary,
} from "./types.ts";
