import { createCipheriv, createHash, randomBytes, scryptSync } from "node:crypto";
import { chmodSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** The least that scrypt takes. restic's own choice costs 0.4 s of every command, by intent. */
const SCRYPT = { N: 2, r: 1, p: 1 } as const;

/**
 * Replaces the keys of a restic repository by one that is derived in no time, for the same password: a harness has no
 * secret to guard, and what takes long is waiting, in which nothing can be hit. How restic makes a key file:
 * https://restic.readthedocs.io/en/stable/100_references.html#keys-encryption-and-mac
 * @param folder of the repository
 * @param masterKey what `restic cat masterkey` prints
 */
export function giveCheapKey(folder: string, password: string, masterKey: string): void {
  const salt = randomBytes(64);
  const derived = scryptSync(password, salt, 64, SCRYPT);
  const data = seal(Buffer.from(masterKey), derived).toString("base64");
  const key = {
    created: new Date().toISOString(),
    username: "faults",
    hostname: "faults",
    kdf: "scrypt",
    ...SCRYPT,
  };
  const file = Buffer.from(JSON.stringify({ ...key, salt: salt.toString("base64"), data }));
  const keys = join(folder, "keys");
  for (const name of readdirSync(keys)) {
    chmodSync(join(keys, name), 0o600);
    rmSync(join(keys, name));
  }
  writeFileSync(join(keys, createHash("sha256").update(file).digest("hex")), file);
}

/** AES-256-CTR, then Poly1305-AES over the cipher text: nonce, cipher text, authenticator. */
function seal(plain: Buffer, key: Buffer): Buffer {
  const nonce = randomBytes(16);
  const cipher = createCipheriv("aes-256-ctr", key.subarray(0, 32), nonce);
  const text = Buffer.concat([cipher.update(plain), cipher.final()]);
  const pad = createCipheriv("aes-128-ecb", key.subarray(32, 48), null).setAutoPadding(false).update(nonce);
  return Buffer.concat([nonce, text, poly1305(text, key.subarray(48, 64), pad)]);
}

/** D. J. Bernstein, "The Poly1305-AES message-authentication code", with AES_k(nonce) given. */
function poly1305(message: Buffer, r: Buffer, pad: Buffer): Buffer {
  const clamped = littleEndian(r) & 0x0ffffffc0ffffffc0ffffffc0fffffffn;
  let sum = 0n;
  for (let at = 0; at < message.length; at += 16) {
    const block = littleEndian(Buffer.concat([message.subarray(at, at + 16), Buffer.of(1)]));
    sum = ((sum + block) * clamped) % ((1n << 130n) - 5n);
  }
  const result = (sum + littleEndian(pad)) & ((1n << 128n) - 1n);
  return Buffer.from(result.toString(16).padStart(32, "0"), "hex").reverse();
}

function littleEndian(bytes: Buffer): bigint {
  return BigInt(`0x${Buffer.from(bytes).reverse().toString("hex")}`);
}
