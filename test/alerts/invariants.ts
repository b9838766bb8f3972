import type { Instance, Rung } from "./instance.ts";
import { partsOf, type Run } from "./scenario.ts";

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

/** A run as the invariants look at it. */
interface Facts extends Run {
  readonly outages: readonly Outage[];
  /** Some send as Kuma does. */
  readonly isMixed: boolean;
  readonly isQuorum: boolean;
  /** Messages get through, and nobody is away. */
  readonly isConnected: boolean;
  /** Nobody dies, or is frozen. */
  readonly isOrderly: boolean;
  /** Nor is restarted. */
  readonly isLasting: boolean;
  readonly isCalm: boolean;
}

/** What is wrong with what people got: sentences. */
export function problemsOf(run: Run): string[] {
  const facts = factsOf(run);
  const problems = run.scenario.notifications.flatMap((notification) => {
    const rung = run.rung.filter((each) => each.notification === notification);
    return [
      rings,
      ringsOnce,
      ringsWhenEnoughAgree,
      comesUpAfterDown,
      comesUpAfterAll,
      comesUpInTheEnd,
      waitsAlone,
    ].flatMap((invariant) => invariant(facts, rung));
  });
  const left = run.instances.filter((each) => each.withheld() > 0);
  return [...problems, ...left.map(({ id }) => `${id} still withholds something at the end`)];
}

function factsOf(run: Run): Facts {
  const { faults, cuts, names, rules } = run.scenario;
  const modes = new Set(names.map((name) => rules(name).alert));
  const isOrderly = faults.death === 0 && !faults.freezes;
  const isLasting = isOrderly && !faults.restarts;
  const isConnected = cuts.length === 0 && faults.loss === 0 && faults.latency < 2 * S;
  return {
    ...run,
    outages: run.instances.flatMap(outagesOf),
    isMixed: modes.size > 1 || modes.has("each") || modes.has("annotate"),
    isQuorum: modes.has("quorum"),
    ...{ isConnected, isOrderly, isLasting },
    isCalm: isConnected && isLasting && faults.refusal === 0 && faults.lie === 0,
  };
}

/** An outage that lasts rings. */
function rings(facts: Facts, rung: readonly Rung[]): string[] {
  const { scenario, outages, widthOf, isCalm, isQuorum } = facts;
  const { faults, faultsUntil, cuts, names, rules } = scenario;
  const wellFrom = Math.max(faultsUntil, ...cuts.map(({ until }) => until)) + RETRY;
  const takes = BOUND + 2 * Math.max(faults.slow, 3 * S) * names.length + (isQuorum ? rules("a").alone : 0);
  return outages.flatMap(({ of, begin, downAt, end }) => {
    // What is refused there is lost, as with Kuma alone.
    const isPlain = ["each", "annotate"].includes(rules(of.id).alert);
    if (downAt === undefined || (isPlain && !isCalm)) return [];
    const due = (isCalm ? downAt : Math.max(downAt, wellFrom)) + takes;
    // A message that only one was behind is about what had begun when that one's outage did.
    const isAbout = ({ by, decidedAt, isAlone }: Rung) => {
      const theirs = outages.filter((each) => each.of.id === by && each.begin <= decidedAt).at(-1);
      const coveredFrom = isAlone ? theirs?.begin : decidedAt;
      return coveredFrom !== undefined && coveredFrom >= begin - widthOf(of.id) - KNOWN_AFTER;
    };
    const isTold = rung.some((each) => each.kind === "down" && isAbout(each) && each.at <= due);
    return end > due && !isTold ? `${of.id} is down from ${sec(downAt)} on, and nothing has rung` : [];
  });
}

/** Not more than once for each part, and for each death in between. */
function ringsOnce(
  { scenario, outages, instances, isMixed, isLasting }: Facts,
  rung: readonly Rung[],
): string[] {
  const { faults } = scenario;
  if (isMixed || faults.loss > 0 || faults.latency >= 2 * S) return [];
  const downs = rung.filter(({ kind }) => kind === "down");
  const told = outages.filter(({ downAt }) => downAt !== undefined);
  const incidents = new Set(told.map((each) => isChronic(scenario, each))).size;
  const deaths = instances.reduce((sum, each) => sum + each.unrecorded(), 0);
  const blind = rung.filter(({ isBlind }) => isBlind).length;
  // What a frozen instance has sent, it cannot say.
  // One that is away may be the one by which others hear of one another.
  const away = isLasting ? [] : scenario.names.map((name) => partsOf(scenario, name));
  const most = incidents * Math.max(partsOf(scenario), ...away) + deaths + blind + (faults.freezes ? 1 : 0);
  return downs.length > most ? [`${downs.length} downs instead of ${most}: ${list(downs)}`] : [];
}

function comesUpAfterDown({ scenario, isCalm, isMixed }: Facts, rung: readonly Rung[]): string[] {
  // A down that is refused while the supervisor is frozen is lost, as with Kuma alone, if that dies then.
  if (scenario.faults.freezes && scenario.faults.refusal > 0) return [];
  const ups = rung.filter(({ kind }) => kind === "up");
  return ups.flatMap((up, index) => {
    // As Kuma alone does it.
    if (up.isBlind || ["each", "annotate"].includes(scenario.rules(up.by).alert)) return [];
    const before = rung.filter(({ kind, at }) => kind !== "up" && at <= up.at).length;
    const needed = isCalm && !isMixed ? index + 1 : 1;
    return before < needed ? `up of ${up.by} at ${sec(up.at)} without a down: ${list(rung)}` : [];
  });
}

/** Up comes after the last recovery. */
function comesUpAfterAll(facts: Facts, rung: readonly Rung[]): string[] {
  const { outages, widthOf, isConnected, isOrderly, isMixed } = facts;
  if (!isConnected || !isOrderly || isMixed) return [];
  return rung.flatMap(({ kind, by, decidedAt }) => {
    const own = outages.filter(({ of, end }) => of.id === by && end <= decidedAt).at(-1);
    const isDown = ({ of, begin, end }: Outage) =>
      of.id !== by && begin < decidedAt - KNOWN_AFTER && end > decidedAt;
    const other = outages.find(
      (each) => isDown(each) && each.begin >= (own?.begin ?? 0) - widthOf(each.of.id),
    );
    return kind === "up" && other !== undefined
      ? `up of ${by} at ${sec(decidedAt)} while ${other.of.id} has it down`
      : [];
  });
}

function comesUpInTheEnd({ scenario, outages, isLasting, isMixed }: Facts, rung: readonly Rung[]): string[] {
  // What a provider has taken and not confirmed was not told, as far as is known.
  if (scenario.faults.lie > 0) return [];
  const last = rung.filter(({ kind }) => kind !== "again").at(-1);
  const isOver = outages.every(({ end }) => end < scenario.end - 10 * MIN);
  return isLasting && !isMixed && isOver && last?.kind === "down"
    ? [`nobody has said that it is up: ${list(rung)}`]
    : [];
}

/** Too few are not told before the time that the rules say. */
function waitsAlone(facts: Facts, rung: readonly Rung[]): string[] {
  const { scenario, isQuorum, isMixed, isConnected, isOrderly } = facts;
  if (!isQuorum || isMixed || !isConnected || !isOrderly) return [];
  return rung.flatMap((down) => {
    if (down.kind !== "down" || down.isBlind) return [];
    const own = facts.outages.filter(({ of, begin }) => of.id === down.by && begin <= down.decidedAt).at(-1);
    if (own === undefined) return `${down.by} rang without an outage`;
    const { agreeing, contradicting } = count(facts, own, down);
    const { agree, alone } = scenario.rules(down.by);
    const wished = agree === "majority" ? Math.floor(facts.instances.length / 2) + 1 : agree;
    const needed = Math.min(wished, agreeing + contradicting);
    const waited = down.decidedAt - (own.downAt ?? own.begin);
    return agreeing < needed && waited < alone
      ? `${down.by} rang at ${sec(down.at)}, after ${sec(waited)}: ${agreeing} of ${needed}`
      : [];
  });
}

/** Who had it down with this one, and who had looked since and had not. */
function count({ outages, instances, widthOf }: Facts, own: Outage, { decidedAt, by }: Rung) {
  const isDown = ({ begin, end }: Outage) => begin <= decidedAt && end > decidedAt - KNOWN_AFTER;
  const isOfIt = ({ begin }: Outage) => Math.abs(begin - own.begin) <= widthOf(by) + KNOWN_AFTER;
  const hasLooked = ({ checks, ends }: Instance) => {
    const since = Math.max(own.begin, ...ends.filter((at) => at < decidedAt));
    return checks.some((at) => at > since && at < decidedAt - KNOWN_AFTER);
  };
  return {
    agreeing: outages.filter((each) => isDown(each) && isOfIt(each)).length,
    contradicting: instances.filter(
      (each) => hasLooked(each) && !outages.some((other) => other.of === each && isDown(other)),
    ).length,
  };
}

/** Once enough have it down it rings, whatever one of them has waited for before. */
function ringsWhenEnoughAgree(facts: Facts, rung: readonly Rung[]): string[] {
  const { scenario, outages, instances, isQuorum, isMixed, isCalm } = facts;
  if (!isQuorum || isMixed || !isCalm) return [];
  const { agree } = scenario.rules("a");
  const enough = agree === "majority" ? Math.floor(instances.length / 2) + 1 : agree;
  const inOrder = outages
    .flatMap((each) =>
      each.downAt === undefined || isChronic(scenario, each) ? [] : { ...each, downAt: each.downAt },
    )
    .sort((a, b) => a.downAt - b.downAt)
    .slice(0, enough);
  const first = Math.min(...inOrder.map(({ begin }) => begin));
  const last = inOrder.at(-1)?.downAt ?? 0;
  const due = last + 20 * S + 2 * scenario.faults.slow;
  if (inOrder.length < enough || inOrder.some(({ end }) => end < due)) return [];
  const isTold = rung.some(({ kind, at }) => kind === "down" && at >= first && at <= due);
  return isTold ? [] : [`${enough} have it down from ${sec(last)} on, and nothing has rung: ${list(rung)}`];
}

/** Of the place that has it down from the beginning. */
function isChronic({ outages }: Run["scenario"], { of }: Outage): boolean {
  return outages(of.id).some(([from]) => from === 0);
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
    else begin ??= at;
    if (state === "down") downAt ??= at;
  }
  close(Number.POSITIVE_INFINITY);
  return outages;
}

function list(rung: readonly Rung[]): string {
  return rung.map(({ by, kind, at, decidedAt }) => `${by} ${kind} ${sec(decidedAt)}-${sec(at)}`).join(", ");
}

function sec(time: number): string {
  return `${(time / S).toFixed(1)} s`;
}
