import type http from "node:http";

export const KEYS = {
  AWS_ACCESS_KEY_ID: "full-access",
  AWS_SECRET_ACCESS_KEY: "hush-hush",
};
export const READ_ONLY = { ...KEYS, AWS_ACCESS_KEY_ID: "may-read" };

export type Refusal = readonly [status: number, code: string, message: string];

/** The id of the key that a request is signed with. */
export function keyOf({ authorization = "" }: http.IncomingHttpHeaders): string | undefined {
  return /Credential=([^/]+)/.exec(authorization)?.[1];
}

/**
 * What a key may do is in its name, which is no word of a problem's code: the log hides the ids of keys. Refused in
 * Amazon's words: https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
 * @param key of the object
 */
export function refuseByRights(id: string | undefined, method: string, key: string): Refusal | undefined {
  const denied: Refusal = [403, "AccessDenied", "Access Denied."];
  switch (id) {
    case "full-access":
      return undefined;
    case "may-append":
      return method === "DELETE" && !key.startsWith("locks/") ? denied : undefined;
    case "may-read":
      return method === "GET" || method === "HEAD" ? undefined : denied;
    case "wrong-secret":
      return [
        403,
        "SignatureDoesNotMatch",
        "The request signature we calculated does not match the signature you provided. Check your key and signing method.",
      ];
    case undefined:
      return denied;
    default:
      return [403, "InvalidAccessKeyId", "The Access Key Id you provided does not exist in our records."];
  }
}
