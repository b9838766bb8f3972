import { BlockList, isIP } from "node:net";

/** Addresses that no public name leads to: https://www.iana.org/assignments/iana-ipv4-special-registry/ and -ipv6-. */
const PRIVATE = new BlockList();
for (const [network, bits] of [
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  ["169.254.0.0", 16],
  ["172.16.0.0", 12],
  ["192.168.0.0", 16],
] as const)
  PRIVATE.addSubnet(network, bits, "ipv4");
for (const [network, bits] of [
  ["::1", 128],
  ["fc00::", 7],
  ["fe80::", 10],
] as const)
  PRIVATE.addSubnet(network, bits, "ipv6");

/** Top-level names that are never public (RFC 6762, RFC 8375, ICANN's .internal), and those that home routers use. */
const PRIVATE_NAME = /(^|\.)(localhost|local|lan|internal|home|home\.arpa)$/;

/**
 * Whether a host is one of a private network, where servers seldom have a certificate: a private address, a name of one
 * part such as a container's, or one of a private top-level name.
 * @param host as URL.hostname has it
 */
export function isPrivateHost(host: string): boolean {
  const address = host.replace(/^\[(.*)\]$/, "$1");
  const version = isIP(address);
  if (version !== 0) return PRIVATE.check(address, version === 6 ? "ipv6" : "ipv4");
  return !host.includes(".") || PRIVATE_NAME.test(host);
}
