import type { Page } from "../../src/peers/page.ts";

/** A page of an instance; what is not said is as usual. */
export function pageOf(said: Partial<Page>): Page {
  return {
    id: "a",
    name: "kuma-a",
    session: "first",
    counter: 0,
    age: 0,
    version: "2.1.0",
    alert: "annotate",
    role: "replica",
    head: "0123456789abcdef",
    agreement: "agrees",
    kuma: { version: "2.5.3", state: "ready", for: 60_000 },
    down: [],
    downCount: 0,
    questions: [],
    answers: [],
    clock: 0,
    claims: [],
    told: [],
    ...said,
  };
}
