import type { Config } from "../config/index.ts";
import { askFor, type Request } from "../control/index.ts";
import { type Result, success } from "../result.ts";
import { EXIT } from "./command.ts";
import { paint, printJson, printLine } from "./terminal.ts";

/**
 * Has the running instance do something and prints what happens: at once, or with `json` at the end.
 * @returns the exit code
 */
export async function runOnInstance(
  config: Config,
  request: Exclude<Request, { do: "status" }>,
  { json = false }: { json?: boolean | undefined },
): Promise<Result<number>> {
  const happened: string[] = [];
  const done = await askFor(config.stateDir, request, (message) => {
    happened.push(message);
    if (!json) printLine(message);
  });
  if (json)
    printJson(
      done.ok ? { ok: true, happened, now: done.value } : { ok: false, happened, problem: done.problem },
    );
  if (!done.ok) return done;
  if (!json && done.value !== "") printLine(paint("green", done.value));
  return success(EXIT.ok);
}
