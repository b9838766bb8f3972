import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import * as z from "zod";
import type { Environment } from "./environment.ts";
import type { KumaLocation } from "./kuma.ts";

const dbConfig = z.object({ password: z.string() });

/** The variables by which Kuma finds its database; what they mean is src/database/locate.ts's business. */
export function databaseEnvironment(env: Environment, ownFile: Environment): Environment {
  const seen = Object.entries({ ...ownFile, ...env });
  return Object.fromEntries(seen.filter(([name]) => name.startsWith("UPTIME_KUMA_DB_")));
}

/** The passwords of Kuma's database, wherever they are; what cannot be read is told by whoever needs the database. */
export function databaseSecrets(env: Environment, { ownFile, dir, dataDir }: KumaLocation): string[] {
  const { UPTIME_KUMA_DB_PASSWORD: password, UPTIME_KUMA_DB_PASSWORD_FILE: file } = databaseEnvironment(
    env,
    ownFile,
  );
  return [
    password,
    file && readOrNothing(resolve(dir, file)),
    passwordIn(readOrNothing(join(dataDir, "db-config.json"))),
  ].filter((secret) => secret !== undefined);
}

function readOrNothing(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8").trim();
  } catch {
    return undefined;
  }
}

function passwordIn(text: string | undefined): string | undefined {
  try {
    return dbConfig.parse(JSON.parse(text ?? "")).password;
  } catch {
    return undefined;
  }
}
