import { readFileSync } from "node:fs";
import { createServer } from "node:https";
import { join } from "node:path";
import { execa } from "execa";

/** A target by https whose certificate ends in a few days. */
export interface ExpiringTarget {
  readonly url: string;
  /** Its certificate, which signs itself: a monitor trusts it that has it as its authority. */
  readonly certificate: string;
  close(): void;
}

/** @param folder for key and certificate */
export async function openExpiringTarget(folder: string, days: number): Promise<ExpiringTarget> {
  const [key, cert] = [join(folder, "key.pem"), join(folder, "cert.pem")];
  const kind = ["-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
  const about = ["-days", String(days), "-subj", "/CN=shop", "-addext", "subjectAltName=IP:127.0.0.1"];
  await execa("openssl", ["req", ...kind, ...about, "-keyout", key, "-out", cert]);
  const certificate = readFileSync(cert, "utf8");
  const server = createServer({ key: readFileSync(key), cert: certificate }, (_request, response) =>
    response.end("ok"),
  );
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const port = typeof address === "object" ? address?.port : undefined;
  return {
    ...{ url: `https://127.0.0.1:${port}/`, certificate },
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}
