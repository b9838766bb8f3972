// Takes a fresh clone to a running TypeScript program: node scripts/bootstrap.mjs PROGRAM.ts [ARGUMENT...]
// Plain JavaScript with nothing but Node, because nothing is installed yet when it starts.
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { accessSync, constants, existsSync, statSync } from "node:fs";
import { createServer } from "node:net";
import { constants as osConstants } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));

function fail(sentence) {
  process.stderr.write(`${sentence}\n`);
  process.exit(1);
}

function isOnPath(command) {
  return (process.env.PATH ?? "").split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, command), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** npm writes node_modules/.package-lock.json last, so an interrupted install does not count as one. */
function isInstalled() {
  const marker = join(root, "node_modules", ".package-lock.json");
  return existsSync(marker) && statSync(marker).mtimeMs >= statSync(join(root, "package-lock.json")).mtimeMs;
}

/** Native modules compile against Node's headers; those beside this Node spare a download from nodejs.org. */
function withNodeHeaders(env) {
  const prefix = dirname(dirname(process.execPath));
  const known = env.npm_config_nodedir || !existsSync(join(prefix, "include", "node", "node.h"));
  return known ? env : { ...env, npm_config_nodedir: prefix };
}

/** Runs a program with our terminal; gives its exit code, 128+n when signal n ended it. */
function run(command, args, env) {
  const child = spawn(command, args, { cwd: root, env, stdio: "inherit" });
  // It decides when to end. At a terminal it has had a Ctrl-C already; one more does it no harm.
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
  return new Promise((done) => {
    child.on("error", (error) =>
      fail(`${command} could not be started (${error.message}). Is it installed?`),
    );
    child.on("exit", (code, signal) => done(code ?? 128 + osConstants.signals[signal]));
  });
}

async function install() {
  const missing = ["python3", "make", "g++"].filter((command) => !isOnPath(command));
  if (missing.length > 0)
    fail(
      `No compiler: ${missing.join(", ")} not found, and native modules are compiled. On Debian: apt-get install python3 make g++`,
    );
  const started = Date.now();
  const seconds = () => Math.round((Date.now() - started) / 1000);
  process.stdout.write("Installing the project's packages (npm ci)\n");
  const timer = setInterval(() => process.stdout.write(`  … npm ci: ${seconds()} s\n`), 10_000);
  const code = await run("npm", ["ci", "--no-audit", "--no-fund"], withNodeHeaders(process.env));
  clearInterval(timer);
  if (code !== 0)
    fail(
      `npm ci failed with exit code ${code}; its words are above. Is the npm registry reachable from here?`,
    );
  process.stdout.write(`Packages installed (${seconds()} s)\n`);
}

/**
 * One install at a time: two in one tree spoil it. The lock is a socket of Linux without a file, named after the
 * folder: the kernel gives it to one process, and takes it back however that one ends. Other systems have none, and
 * go without.
 */
async function installOnce() {
  let isSaid = false;
  let lock = await takeLock();
  while (lock === undefined) {
    if (!isSaid) process.stdout.write("Waiting for another npm ci in this folder\n");
    isSaid = true;
    await sleep(500);
    lock = await takeLock();
  }
  if (!isInstalled()) await install();
  lock.close();
}

/** @returns a server that holds the lock until it is closed, or undefined while another process holds it */
function takeLock() {
  const server = createServer();
  if (process.platform !== "linux") return server;
  return new Promise((resolve, reject) => {
    server.once("error", (error) => (error.code === "EADDRINUSE" ? resolve(undefined) : reject(error)));
    // Hashed, since such a name holds 107 bytes.
    const name = createHash("sha256").update(root).digest("hex");
    server.listen(`\0npm-ci-${name}`, () => resolve(server));
  });
}

if (Number(process.versions.node.split(".")[0]) < 20)
  fail(`Node ${process.versions.node} is too old: 20 or newer is needed.`);
const [program, ...rest] = process.argv.slice(2);
if (program === undefined) fail("Name a program: node scripts/bootstrap.mjs PROGRAM.ts [ARGUMENT...]");
if (!isInstalled()) await installOnce();
process.exitCode = await run(
  process.execPath,
  ["--import", "tsx", program, ...rest],
  withNodeHeaders(process.env),
);
