import { createSocket } from "node:dgram";
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createTcpServer, type Server } from "node:net";

/** Small things on 127.0.0.1 for the demo's monitors to look at, so that nothing leaves the machine. */
export interface Targets {
  /**
   * http://127.0.0.1:PORT: `/` says hello, `/json` answers JSON, `/private` wants a login, `/hook` takes
   * notifications.
   */
  readonly url: string;
  readonly tcpPort: number;
  /** Answers every question with two addresses, in turning order. */
  readonly dnsPort: number;
  close(): void;
}

export async function startTargets(): Promise<Targets> {
  const http = createServer(answer);
  const tcp = createTcpServer((socket) => {
    socket.on("error", () => undefined);
    socket.end("hello\n");
  });
  const dns = createSocket("udp4");
  let asked = 0;
  dns.on("message", (question, from) => dns.send(answerDns(question, asked++), from.port, from.address));
  dns.bind(0, "127.0.0.1");
  const [httpPort, tcpPort] = await Promise.all([listen(http), listen(tcp), once(dns, "listening")]);
  return {
    url: `http://127.0.0.1:${httpPort}`,
    tcpPort,
    dnsPort: dns.address().port,
    close: () => {
      http.close();
      http.closeAllConnections();
      tcp.close();
      dns.close();
    },
  };
}

async function listen(server: Server): Promise<number> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("A TCP server has an address.");
  return address.port;
}

function answer(request: IncomingMessage, response: ServerResponse): void {
  // Whoever posts must be read to the end, or its connection stays in use.
  request.resume();
  if (request.url === "/private" && request.headers.authorization === undefined) response.statusCode = 401;
  if (request.url === "/json") {
    response.setHeader("content-type", "application/json");
    response.end('{"service":{"version":7}}');
  } else response.end("<h1>hello from the demo</h1>");
}

/** A DNS answer to `question`: its own question again, and two A records in it. */
function answerDns(question: Buffer, turn: number): Buffer {
  let end = 12;
  while (question[end]) end += (question[end] ?? 0) + 1;
  end += 5;
  const last = turn % 2 === 0 ? [1, 2] : [2, 1];
  const records = last.map((host) => [0xc0, 0x0c, 0, 1, 0, 1, 0, 0, 0, 5, 0, 4, 10, 0, 0, host]);
  const header = [...question.subarray(0, 2), 0x81, 0x80, 0, 1, 0, 2, 0, 0, 0, 0];
  return Buffer.from([...header, ...question.subarray(12, end), ...records.flat()]);
}
