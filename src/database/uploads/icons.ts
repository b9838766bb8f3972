import { extname } from "node:path";
import { isSafeFileName, type Table, type UploadedFile } from "../../snapshot/index.ts";

/**
 * Bytes. What Kuma's page can upload is less: socket.io takes messages of 1 MB, and the image is base64 in one of them.
 */
export const MAX_ICON_BYTES = 4 * 1024 * 1024;

/**
 * By the ending of the name, from which Kuma's web server tells the browser what it is, how such a file begins, in hex.
 * Kuma itself writes PNG only (saveStatusPage in server/socket-handlers/status-page-socket-handler.js); the others are
 * those that people put there by hand and that a browser can only draw. SVG is none of them: it may hold a script,
 * which would run on the origin where Kuma keeps the token of the session.
 */
const BEGINNINGS: Readonly<Record<string, RegExp>> = {
  ".png": /^89504e470d0a1a0a/,
  ".jpg": /^ffd8ff/,
  ".jpeg": /^ffd8ff/,
  ".gif": /^47494638(37|39)61/,
  ".webp": /^52494646.{8}57454250/,
};

/** The names of the uploaded files that the rows of `status_page` refer to. */
export function iconNames(pages: Table | undefined): ReadonlySet<string> {
  const position = pages?.columns.indexOf("icon") ?? -1;
  return new Set(pages?.rows.flatMap((row) => uploadName(row[position])));
}

/** Why a file must not go into Kuma's upload folder, from which Kuma serves whatever is there; undefined: it may. */
export function refuseIcon({ name, bytes }: UploadedFile): string | undefined {
  if (bytes.byteLength > MAX_ICON_BYTES) return refuseSize(name);
  const beginning = Buffer.from(bytes.subarray(0, 16)).toString("hex");
  const isImage = BEGINNINGS[extname(name).toLowerCase()]?.test(beginning) ?? false;
  return isImage
    ? undefined
    : `Left out: the icon ${name}, for it is not an image by both name and content (${Object.keys(BEGINNINGS).join(", ")}).`;
}

export function refuseSize(name: string): string {
  return `Left out: the icon ${name}, for it is larger than ${MAX_ICON_BYTES / 1024 / 1024} MiB.`;
}

/** `/upload/logo1.png?t=1795419799821` is the form that Kuma writes; anything else is a URL of somebody else's. */
function uploadName(icon: unknown): string[] {
  const name = typeof icon === "string" ? /^\/upload\/([^/?#]+)(\?|#|$)/.exec(icon)?.[1] : undefined;
  return name !== undefined && isSafeFileName(name) ? [name] : [];
}
