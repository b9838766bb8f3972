import { once } from "node:events";
import http from "node:http";
import { type AddressInfo, connect, createServer, type Server } from "node:net";
import { after } from "node:test";
import { errorMessage } from "../../src/format.ts";
import { LabError } from "./install/lab-error.ts";
import { waitFor } from "./wait.ts";

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
        `Port ${port} of 127.0.0.1 is taken (${errorMessage(error)}). End what listens there and start again.`,
      );
    }
  }
}

/** Listens on a free port of 127.0.0.1 until the tests of the file are over. */
export async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  after(() => {
    server.close();
    if (server instanceof http.Server) server.closeAllConnections();
  });
  return (server.address() as AddressInfo).port;
}

export async function untilListening(port: number): Promise<void> {
  const find = () =>
    new Promise<true | undefined>((resolve) => {
      const socket = connect(port, "127.0.0.1", () => resolve(true)).once("error", () => resolve(undefined));
      socket.once("connect", () => socket.destroy());
    });
  await waitFor(`a server on port ${port}`, find, { every: 50 });
}
