export { inChainOrder, isSameSnapshot } from "./generations.ts";
export { openRepository, type RepositoryOptions } from "./open.ts";
export type {
  BashSnapshot,
  ForgetRequest,
  Listing,
  PublishRequest,
  Repository,
  RepositoryProblem,
  RepositoryProblemCode,
  RepositoryResult,
  SnapshotInfo,
} from "./types.ts";
