import { spawn } from "node:child_process";
import { once } from "node:events";
import { LabError } from "../support/install/lab-error.ts";
import { freePort, untilListening } from "../support/ports.ts";

/** A server of another program, on a port of 127.0.0.1; it ends with us, however we end. */
export interface Server {
  readonly port: number;
  close(): Promise<void>;
}

/** Starts it and waits until it listens. @param command told the port */
export async function startServer(command: (port: number) => readonly string[]): Promise<Server> {
  const port = await freePort();
  const child = spawn("setpriv", ["--pdeathsig", "KILL", ...command(port)], { stdio: "ignore" });
  const ended = once(child, "exit");
  const died = ended.then(([code]) => {
    throw new LabError(`${command(port).join(" ")} ended with exit code ${code}.`);
  });
  died.catch(() => undefined);
  await Promise.race([untilListening(port), died]);
  return {
    port,
    close: async () => {
      child.kill("SIGKILL");
      await ended;
    },
  };
}
