export { openRepository, type RepositoryOptions } from "./open.ts";
export type {
  PublishRequest,
  Repository,
  RepositoryProblem,
  RepositoryProblemCode,
  RepositoryResult,
  SnapshotInfo,
} from "./types.ts";
