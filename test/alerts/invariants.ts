import type { Instance, Rung } from "./instance.ts";
import type { Run } from "./scenario.ts";

const S = 1_000;
const MIN = 60 * S;

/** How long it may take that nobody waits for: a question, the death of the one before, a retry. */
const BOUND = 60 * S;
/** The longest pause after a refusal, with what goes before it. */
const RETRY = 6 * MIN;
/** What an instance has found others know after so long, where nothing fails. */
const KNOWN_AFTER = 5 * S;

/** A time during which an instance had it down, from the first check that failed on. */
interface Outage {
  readonly of: Instance;
  readonly begin: number;
  /** When Kuma said down; undefined: it did not. */
  readonly downAt: number | undefined;
  readonly end: number;
}

/** What is wrong with what people got: sentences. */
export function problemsOf({ scenario, rung, instances, widthOf }: Run): string[] {
  const { faults, notifications, cuts, faultsUntil, rules } = scenario;
  const problems: string[] = [];
  const modes = new Set(scenario.names.map((name) => rules(name).alert));
  const isMixed = modes.size > 1 || modes.has("each") || modes.has("annotate");
  const isQuorum = modes.has("quorum");
  const { wait, alone } = rules("a");
  const outages = instances.flatMap(outagesOf);
  /** Messages get through, and nobody dies. */
  const isConnected =
    cuts.length === 0 && faults.loss === 0 && faults.latency < 2 * S && !faults.freezes && !faults.restarts;
  const isLasting = faults.death === 0 && !faults.freezes && !faults.restarts;
  const wellFrom = Math.max(faultsUntil, ...cuts.map(({ until }) => until));
  const isCalm = isConnected && isLasting && faults.refusal === 0 && faults.lie === 0;
  const slowest = 2 * Math.max(faults.slow, 3 * S);

  for (const notification of notifications) {
    const downs = rung.filter((each) => each.kind === "down" && each.notification === notification);
    const ups = rung.filter((each) => each.kind === "up" && each.notification === notification);

    // An outage that lasts rings.
    for (const { of, begin, downAt, end } of outages) {
      if (downAt === undefined) continue;
      const from = isCalm ? downAt : Math.max(downAt, wellFrom) + RETRY;
      const due = from + BOUND + slowest * scenario.names.length + (isQuorum ? alone : 0);
      const isTold = downs.some(({ at }) => at >= begin - widthOf(of.id) && at <= due);
      if (end > due && !isTold) problems.push(`${of.id} is down from ${sec(downAt)} on, and ${notification} has not rung`);
    }

    // Not more than once for each part, and for each death in between.
    const incidents = new Set(outages.filter(({ downAt }) => downAt !== undefined).map(({ begin }) => begin > 4 * MIN)).size;
    const accidents =
      instances.reduce((sum, each) => sum + each.unrecorded(), 0) + rung.filter(({ isBlind }) => isBlind).length;
    const most = incidents * (1 + cuts.length) + accidents;
    if (!isMixed && faults.loss === 0 && faults.latency < 2 * S && downs.length > most)
      problems.push(`${notification} has rung ${downs.length} times, instead of ${most}: ${list(downs)}`);

    // Up comes after Down, and after the last recovery.
    for (const [index, up] of ups.entries()) {
      const before = downs.filter(({ at }) => at <= up.at).length;
      if (before < (isCalm && !isMixed ? index + 1 : 1))
        problems.push(`up of ${up.by} at ${sec(up.at)} without a down: ${list(rung)}`);
      if (!isConnected || !isLasting || isMixed) continue;
      const own = outages.filter(({ of, end }) => of.id === up.by && end <= up.decidedAt).at(-1);
      const other = outages.find(
        ({ of, begin, end }) =>
          of.id !== up.by &&
          begin < up.decidedAt - KNOWN_AFTER &&
          end > up.decidedAt &&
          begin >= (own?.begin ?? 0) - widthOf(of.id),
      );
      if (other !== undefined) problems.push(`up of ${up.by} at ${sec(up.at)} while ${other.of.id} has it down`);
    }
    const last = rung.filter((each) => each.kind !== "again" && each.notification === notification).at(-1);
    const isOver = outages.every(({ end }) => end < scenario.end - 10 * MIN);
    if (isLasting && !isMixed && isOver && last !== undefined && last.kind !== "up")
      problems.push(`nobody has said that it is up: ${list(rung)}`);

    // A minority is told, but later.
    if (isQuorum && !isMixed && isConnected && isLasting)
      for (const down of downs) {
        const own = outages.filter(({ of, begin }) => of.id === down.by && begin <= down.decidedAt).at(-1);
        if (own === undefined || down.isBlind) continue;
        const agreeing = outages.filter(
          ({ begin, end }) =>
            begin <= down.decidedAt && end > down.decidedAt - KNOWN_AFTER && Math.abs(begin - own.begin) <= widthOf(down.by) + KNOWN_AFTER,
        ).length;
        const { agree } = rules(down.by);
        const needed = Math.min(
          agree === "majority" ? Math.floor(instances.length / 2) + 1 : agree,
          instances.filter(({ id }) => !outages.some((each) => each.of.id === id && Math.abs(each.begin - own.begin) > widthOf(id))).length,
        );
        const waited = down.decidedAt - (own.downAt ?? own.begin);
        if (agreeing < needed && waited < alone && instances.every(({ seen }) => seen.length > 0))
          problems.push(`${down.by} alone rang at ${sec(down.at)}, after ${sec(waited)}: ${agreeing} of ${needed}`);
        void wait;
      }
  }
  for (const each of instances)
    if (each.withheld() > 0) problems.push(`${each.id} still withholds something at the end`);
  return problems;
}

function outagesOf(of: Instance): Outage[] {
  const outages: Outage[] = [];
  let begin: number | undefined;
  let downAt: number | undefined;
  const close = (end: number) => {
    if (begin !== undefined) outages.push({ of, begin, downAt, end });
    begin = undefined;
    downAt = undefined;
  };
  for (const { at, state } of of.seen) {
    if (state === "up") close(at);
    else {
      begin ??= at;
      if (state === "down") downAt ??= at;
    }
  }
  close(Number.POSITIVE_INFINITY);
  return outages;
}

function list(rung: readonly Rung[]): string {
  return rung.map(({ by, kind, at, decidedAt, notification }) => `${by} ${kind} ${notification} ${sec(decidedAt)}-${sec(at)}`).join(", ");
}

function sec(time: number): string {
  return `${(time / S).toFixed(1)} s`;
}
