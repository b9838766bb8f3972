import { errorWithStack } from "../format.ts";
import { failure, type Result } from "../result.ts";

/** Runs work so that a defect in it becomes a failure like any other: nothing of replication may end the supervision. */
export async function attempt(work: () => Promise<Result<void>>): Promise<Result<void>> {
  try {
    return await work();
  } catch (error) {
    return failure({
      code: "internal",
      message: `Replication failed unexpectedly: ${errorWithStack(error)}`,
      advice: "Uptime Kuma goes on running. Please report it with this line.",
    });
  }
}
