import { createHash, timingSafeEqual } from "node:crypto";

/**
 * Whether a request may see what is behind the password. Compared by hash: in constant time, whatever the lengths.
 * @param header the Authorization header
 * @param credentials `user:password`; undefined: everybody may
 */
export function isAuthorized(header: string | undefined, credentials: string | undefined): boolean {
  if (credentials === undefined) return true;
  const [, encoded = ""] = /^basic +([A-Za-z0-9+/=]+) *$/i.exec(header ?? "") ?? [];
  return timingSafeEqual(hash(Buffer.from(encoded, "base64")), hash(Buffer.from(credentials)));
}

function hash(bytes: Buffer): Buffer {
  return createHash("sha256").update(bytes).digest();
}
