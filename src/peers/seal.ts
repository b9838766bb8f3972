import { createCipheriv, createDecipheriv, randomBytes, scrypt } from "node:crypto";

/**
 * As costly to guess as a key of restic's own (scrypt, N = 2^15, r = 8): whoever has a recording may try passwords on
 * it.
 */
const SCRYPT = { N: 2 ** 15, r: 8, p: 1, maxmem: 64 * 1024 * 1024 };
const SALT = "replicator-kuma peers";
const KEY_BYTES = 32;

/** Of this form; another one begins otherwise. */
const MAGIC = Buffer.from("RKP1");
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** What instances say to one another, encrypted and authenticated by AES-256-GCM. */
export interface Seal {
  /** @param about what the receiver must know as well: see `open` */
  close(text: string, about: string): Buffer;
  /**
   * @param about the same text as at `close`: a request cannot pass for an answer, nor an answer for that of another
   * request
   * @returns undefined when it was made with another password, was changed on its way, or is of another form
   */
  open(sealed: Buffer, about: string): string | undefined;
}

/**
 * @param secret the repository's password; the key is derived from it in a thread of its own, in about 0.1 s and 32 MiB
 */
export async function openSeal(secret: string): Promise<Seal> {
  const key = await new Promise<Buffer>((resolve, reject) => {
    scrypt(secret, SALT, KEY_BYTES, SCRYPT, (error, derived) => (error ? reject(error) : resolve(derived)));
  });
  return {
    close: (text, about) => {
      const nonce = randomBytes(NONCE_BYTES);
      const cipher = createCipheriv("aes-256-gcm", key, nonce).setAAD(Buffer.from(about));
      const body = Buffer.concat([cipher.update(text, "utf8"), cipher.final()]);
      return Buffer.concat([MAGIC, nonce, body, cipher.getAuthTag()]);
    },
    open: (sealed, about) => {
      if (!sealed.subarray(0, MAGIC.length).equals(MAGIC)) return undefined;
      const nonce = sealed.subarray(MAGIC.length, MAGIC.length + NONCE_BYTES);
      const body = sealed.subarray(MAGIC.length + NONCE_BYTES, -TAG_BYTES);
      try {
        const options = { authTagLength: TAG_BYTES };
        const decipher = createDecipheriv("aes-256-gcm", key, nonce, options).setAAD(Buffer.from(about));
        decipher.setAuthTag(sealed.subarray(-TAG_BYTES));
        return decipher.update(body, undefined, "utf8") + decipher.final("utf8");
      } catch {
        return undefined;
      }
    },
  };
}
