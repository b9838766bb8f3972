/**
 * `npm run test:image`: builds the image and checks by running it what is promised of it, a line each.
 * KUMA_IMAGE: the base, louislam/uptime-kuma:2 unless told. RESTIC_FROM=apt where restic's public image cannot be had.
 * Without a Docker engine there is nothing to run it on, which is no failure.
 */
import { LabError } from "../support/install/lab-error.ts";
import { secondsSince } from "../support/install/progress.ts";
import { startChecklist } from "./checklist.ts";
import { checkBuild } from "./checks/build.ts";
import { checkConfined, removeConfined } from "./checks/confined.ts";
import { checkEmbedded, removeEmbedded } from "./checks/embedded.ts";
import { checkPair } from "./checks/pair.ts";
import { checkTransports, removeTransports } from "./checks/transports.ts";
import { isEngineUp } from "./engine.ts";
import { composePair } from "./pair.ts";

async function main(): Promise<number> {
  if (!(await isEngineUp())) {
    console.log("No Docker engine answers here, so the image is not tested.");
    return 0;
  }
  const started = performance.now();
  const base = process.env.KUMA_IMAGE || "louislam/uptime-kuma:2";
  const list = startChecklist();
  const pair = await composePair(base);
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
    process.once(signal, () =>
      Promise.allSettled([pair.remove(), removeConfined(), removeTransports(), removeEmbedded()]).then(() =>
        process.exit(1),
      ),
    );
  try {
    if (await checkBuild(list, pair.compose, { base, image: pair.image })) {
      await checkPair(list, await pair.start());
      await checkConfined(list, pair.image);
      await checkTransports(list, pair.image, base);
      await checkEmbedded(list, pair.image);
    }
  } finally {
    await removeEmbedded();
    await removeTransports();
    await pair.remove();
  }
  const { missed } = list;
  console.log(
    missed.length === 0 ? `All as promised (${secondsSince(started)} s)` : `Missed: ${missed.length}`,
  );
  return missed.length === 0 ? 0 : 1;
}

process.exitCode = await main().catch((error) => {
  console.error(error instanceof LabError ? error.message : error);
  return 1;
});
