#!/usr/bin/env node
import { holdSignals } from "../pid1/index.ts";

/** What runs all the time, and what runs every minute. Each loads what it needs itself. */
const main = {
  run: async () => process.exit(await (await import("./run.ts")).run(process.env, process.cwd())),
  health: async (json = false) =>
    process.exit(await (await import("./health.ts")).health(process.env, process.cwd(), json)),
};

const [name = "run", ...rest] = process.argv.slice(2);
// Before anything else is loaded. Only where there is somebody to take them over: other commands just end.
if (rest.length === 0 && name === "run") holdSignals();
// Without arguments neither waits for the other commands and the parser to load, nor carries them along: 3 MB.
if (rest.length === 0 && (name === "run" || name === "health")) await main[name]();
const { createProgram } = await import("./program.ts");
await createProgram(main).parseAsync();
