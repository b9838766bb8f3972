import { once } from "node:events";
import { createServer } from "node:net";
import { LabError } from "./install/lab-error.ts";

async function listenBriefly(port: number): Promise<number> {
  const server = createServer();
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string") throw new Error("A TCP server has an address.");
  return address.port;
}

/** A TCP port of 127.0.0.1 that nobody listens on now. */
export function freePort(): Promise<number> {
  return listenBriefly(0);
}

/** Throws a LabError that names the first of `ports` that somebody else listens on. */
export async function requireFreePorts(ports: readonly number[]): Promise<void> {
  for (const port of ports) {
    try {
      await listenBriefly(port);
    } catch (error) {
      throw new LabError(
        `Port ${port} of 127.0.0.1 is taken (${error instanceof Error ? error.message : error}). End what listens there and start again.`,
      );
    }
  }
}
