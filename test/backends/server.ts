import { spawn } from "node:child_process";
import { once } from "node:events";
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
  await untilListening(port);
  return {
    port,
    close: async () => {
      child.kill("SIGKILL");
      await ended;
    },
  };
}
