import { isIP } from "node:net";
import type { ListenAddress } from "./types.ts";

/** host:port, [IPv6]:port, or :port. */
const ADDRESS = /^(?:\[(?<six>[^\]]+)\]|(?<host>[^\s:/@[\]]*)):(?<port>\d{1,5})$/;
const HOST_NAME = /^(?!-)[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*$/;

/**
 * Where to listen: `127.0.0.1:3080`, `localhost:3080`, `[::1]:3080`, or `:3080` for every address of the machine.
 * @returns undefined when it is no such address
 */
export function parseListenAddress(text: string): ListenAddress | undefined {
  const { six, host = "", port } = ADDRESS.exec(text)?.groups ?? {};
  const number = Number(port);
  if (port === undefined || number < 1 || number > 65_535) return undefined;
  if (six !== undefined) return isIP(six) === 6 ? { host: six, port: number } : undefined;
  if (host === "") return { host: undefined, port: number };
  // Four numbers that are no address, such as 127.0.0.256, would pass for a name.
  const isHost = /^[\d.]+$/.test(host) ? isIP(host) === 4 : HOST_NAME.test(host);
  return isHost ? { host, port: number } : undefined;
}
