import { once } from "node:events";
import http from "node:http";
import { type AddressInfo, connect } from "node:net";

export interface ProxyServer {
  readonly url: string;
  /** What was asked for: `CONNECT host:port`, or `GET http://…`, and by whom. */
  readonly asked: { readonly what: string; readonly authorization: string | undefined }[];
  readonly close: () => void;
}

/** A small forward proxy: tunnels by CONNECT, and asks for http addresses itself. Every name leads to 127.0.0.1. */
export async function startProxy(): Promise<ProxyServer> {
  const asked: { what: string; authorization: string | undefined }[] = [];
  const note = (what: string, { headers }: http.IncomingMessage) =>
    asked.push({ what, authorization: headers["proxy-authorization"] });
  const server = http.createServer((request, answer) => {
    note(`${request.method} ${request.url}`, request);
    const { port, pathname, search } = new URL(request.url ?? "");
    const { method, headers } = request;
    const onward = http.request(
      { port, host: "127.0.0.1", path: `${pathname}${search}`, method, headers },
      (got) => {
        answer.writeHead(got.statusCode ?? 502, got.headers);
        got.pipe(answer);
      },
    );
    onward.on("error", () => answer.writeHead(502).end());
    answer.on("close", () => onward.destroy());
    request.pipe(onward);
  });
  server.on("connect", (request, client) => {
    note(`CONNECT ${request.url}`, request);
    const target = connect(Number(request.url?.split(":")[1]), "127.0.0.1", () => {
      client.write("HTTP/1.1 200 Connection established\r\n\r\n");
      target.pipe(client);
      client.pipe(target);
    });
    target.on("error", () => client.destroy());
    client.on("error", () => target.destroy());
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const close = () => {
    server.close();
    server.closeAllConnections();
  };
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked, close };
}
