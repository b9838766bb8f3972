import type { Environment } from "./environment.ts";
import type { Lenient, Mistake } from "./mistake.ts";
import type { ProxyConfig } from "./types.ts";

/**
 * The proxy of our own requests, out of the variables that restic and Kuma honour, too. As restic reads them
 * (https://pkg.go.dev/golang.org/x/net/http/httpproxy): capitals first, and an address without a scheme is http.
 */
export function readProxy(env: Environment): Lenient<ProxyConfig | undefined> {
  const http = readOne("HTTP_PROXY", env);
  const https = readOne("HTTPS_PROXY", env);
  const mistakes = [...http.mistakes, ...https.mistakes];
  if (http.value === undefined && https.value === undefined) return { value: undefined, mistakes };
  const bypass = variable("NO_PROXY", env)
    .split(/[\s,]+/)
    .filter((entry) => entry !== "");
  return { value: { http: http.value, https: https.value, bypass }, mistakes };
}

/** User and password of the proxies: without a scheme nobody else takes them for such. */
export function secretsOfProxy(proxy: ProxyConfig | undefined): string[] {
  return [proxy?.http, proxy?.https].flatMap((address) => {
    if (address === undefined) return [];
    const { password } = new URL(address);
    return [password, decode(password)];
  });
}

function readOne(name: string, env: Environment): Lenient<string | undefined> {
  const text = variable(name, env);
  if (text === "") return { value: undefined, mistakes: [] };
  const address = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`;
  if (URL.canParse(address) && /^https?:$/.test(new URL(address).protocol))
    return { value: address, mistakes: [] };
  const mistake: Mistake = {
    code: "setting-invalid",
    message: `${name} names no proxy that notices, wakes and pings can go through.`,
    instead: "They go without one.",
    advice: "Write http://host:port or https://host:port; a SOCKS proxy serves restic alone.",
  };
  return { value: undefined, mistakes: [mistake] };
}

function variable(name: string, env: Environment): string {
  return (env[name] || env[name.toLowerCase()] || "").trim();
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
