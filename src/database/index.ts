export { type CatalogTable, catalog } from "./catalog.ts";
export { type LocationSources, locateDatabase } from "./locate.ts";
export type { DatabaseLocation, EmbeddedMariaDbLocation } from "./location.ts";
export { type KumaPlace, openKumaDatabase } from "./open.ts";
export { LOCAL_FROM } from "./own/local.ts";
export { mayBeOwn, type Rules } from "./own/rules.ts";
export { openSqlite, type SyncDatabase } from "./sqlite/open-sqlite.ts";
export { type DatabaseStage, databaseStage } from "./stage.ts";
export type {
  ApplyOrder,
  DatabaseProblem,
  DatabaseProblemCode,
  DatabaseResult,
  Examination,
  Inspection,
  KumaDatabase,
  Look,
  MemoryChanges,
  OwnParts,
  PlanSummary,
  RollBackPreview,
} from "./types.ts";
export { openDatabaseWorker } from "./worker/client.ts";
export { startThreadEarly } from "./worker/start.ts";
export type { DatabaseWorker, LoadedSnapshot, Reading } from "./worker/types.ts";
