/**
 * `node scripts/bootstrap.mjs test/support/install/install.ts`: puts in place what the tests stand on, and runs none
 * of them. For whoever has something else to wait for meanwhile; `npm test` does the same by itself.
 */
import { LabError } from "./lab-error.ts";
import { prepareTests } from "./prepare-tests.ts";

await prepareTests().catch((error) => {
  if (!(error instanceof LabError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
});
