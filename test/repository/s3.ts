import http from "node:http";
import { listen } from "../support/ports.ts";
import { keyOf, type Refusal, refuseByRights } from "../support/s3-rights.ts";

type Answer = http.ServerResponse;

/** As much of S3 as restic asks for, in memory. */
export async function createS3(): Promise<{ address: string }> {
  const buckets = new Map<string, Objects>([["bucket", new Map()]]);
  const server = http.createServer(async (incoming, answer) => {
    const body = await read(incoming);
    const url = new URL(incoming.url ?? "/", "http://s3");
    const [, bucket = "", key = ""] = /^\/([^/]*)\/?(.*)$/.exec(decodeURIComponent(url.pathname)) ?? [];
    const method = incoming.method ?? "GET";
    const refusal = refuseByRights(keyOf(incoming.headers), method, key);
    if (refusal !== undefined) return fail(answer, method, refusal);
    if (key === "") return answerForBucket(answer, { buckets, bucket, method, query: url.searchParams });
    const objects = buckets.get(bucket);
    if (objects === undefined) return fail(answer, method, NO_BUCKET);
    if (method === "PUT") {
      objects.set(key, unchunk(body, incoming.headers));
      return answer.writeHead(200, { ETag: '"0"' }).end();
    }
    return answerForObject(answer, { objects, key, method, range: incoming.headers.range });
  });
  return { address: `s3:http://127.0.0.1:${await listen(server)}/bucket` };
}

const NO_BUCKET: Refusal = [404, "NoSuchBucket", "The specified bucket does not exist"];

type Objects = Map<string, Buffer>;

function answerForBucket(
  answer: Answer,
  asked: { buckets: Map<string, Objects>; bucket: string; method: string; query: URLSearchParams },
): unknown {
  const { buckets, bucket, method, query } = asked;
  if (method === "PUT") {
    buckets.set(bucket, new Map());
    return answer.writeHead(200).end();
  }
  const objects = buckets.get(bucket);
  if (objects === undefined) return fail(answer, method, NO_BUCKET);
  const place = '<LocationConstraint xmlns="http://s3.amazonaws.com/doc/2006-03-01/"></LocationConstraint>';
  if (query.has("location")) return xml(answer, 200, place);
  return method === "HEAD" ? answer.writeHead(200).end() : list(answer, objects, query);
}

/** GET, HEAD and DELETE. */
function answerForObject(
  answer: Answer,
  {
    objects,
    key,
    method,
    range,
  }: { objects: Objects; key: string; method: string; range: string | undefined },
): unknown {
  if (method === "DELETE") {
    objects.delete(key);
    return answer.writeHead(204).end();
  }
  const content = objects.get(key);
  if (content === undefined)
    return fail(answer, method, [404, "NoSuchKey", "The specified key does not exist."]);
  return send(answer, method, content, range);
}

function list(answer: Answer, objects: Objects, query: URLSearchParams): void {
  const prefix = query.get("prefix") ?? "";
  const delimiter = query.get("delimiter");
  const found = [...objects].filter(([key]) => key.startsWith(prefix)).sort();
  const folders = new Set<string>();
  const contents = found.flatMap(([key, { length }]) => {
    const end = delimiter ? key.indexOf(delimiter, prefix.length) : -1;
    if (end >= 0) folders.add(key.slice(0, end + 1));
    const tail =
      "<LastModified>2026-01-01T00:00:00.000Z</LastModified><ETag>0</ETag><StorageClass>STANDARD</StorageClass>";
    return end >= 0 ? [] : `<Contents><Key>${key}</Key><Size>${length}</Size>${tail}</Contents>`;
  });
  const common = [...folders].map((path) => `<CommonPrefixes><Prefix>${path}</Prefix></CommonPrefixes>`);
  const head = `<Name>bucket</Name><Prefix>${prefix}</Prefix><MaxKeys>1000</MaxKeys><IsTruncated>false</IsTruncated>`;
  xml(answer, 200, `<ListBucketResult>${head}${contents.join("")}${common.join("")}</ListBucketResult>`);
}

function send(answer: Answer, method: string, content: Buffer, range: string | undefined): void {
  const [, from = "0", to = ""] = /^bytes=(\d+)-(\d*)$/.exec(range ?? "") ?? [];
  const part = range ? content.subarray(Number(from), to === "" ? undefined : Number(to) + 1) : content;
  const headers = {
    "Last-Modified": "Thu, 01 Jan 2026 00:00:00 GMT",
    ETag: '"0"',
    "Content-Length": part.length,
  };
  const of = `bytes ${from}-${Number(from) + part.length - 1}/${content.length}`;
  answer.writeHead(range ? 206 : 200, range ? { ...headers, "Content-Range": of } : headers);
  answer.end(method === "HEAD" ? undefined : part);
}

/** Takes apart an upload that is signed piece by piece: `SIZE;chunk-signature=…\r\nBYTES\r\n`. */
function unchunk(body: Buffer, headers: http.IncomingHttpHeaders): Buffer {
  if (!String(headers["x-amz-content-sha256"]).startsWith("STREAMING-")) return body;
  const pieces: Buffer[] = [];
  for (let at = 0; at < body.length; ) {
    const end = body.indexOf("\r\n", at);
    const size = Number.parseInt(body.toString("latin1", at, end), 16);
    if (!(size > 0)) break;
    pieces.push(body.subarray(end + 2, end + 2 + size));
    at = end + 2 + size + 2;
  }
  return Buffer.concat(pieces);
}

function fail(answer: Answer, method: string, [status, code, message]: Refusal): void {
  // The answer to HEAD has no body; minio-go then goes by the status alone.
  if (method === "HEAD") answer.writeHead(status).end();
  else xml(answer, status, `<Error><Code>${code}</Code><Message>${message}</Message></Error>`);
}

function xml(answer: Answer, status: number, text: string): void {
  answer
    .writeHead(status, { "Content-Type": "application/xml" })
    .end(`<?xml version="1.0" encoding="UTF-8"?>${text}`);
}

async function read(incoming: http.IncomingMessage): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of incoming) pieces.push(piece);
  return Buffer.concat(pieces);
}
