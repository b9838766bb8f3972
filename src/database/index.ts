export { hasPendingMigrations } from "./migrations.ts";
export { openKumaDatabase } from "./sqlite.ts";
export type {
  ApplyRecord,
  DatabaseProblem,
  DatabaseProblemCode,
  DatabaseResult,
  KumaDatabase,
  PlanSummary,
} from "./types.ts";
