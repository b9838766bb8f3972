import type { AlertRules, Kept } from "../../src/alerts/index.ts";
import { withTimes } from "../../src/alerts/pending.ts";
import type { Beat, Question, ReplayResult, Verdict } from "../../src/kuma/index.ts";
import { createMonitors } from "../../src/peers/monitors.ts";
import { createParticipant, type Participant } from "../../src/peers/participant.ts";
import type { End } from "./network.ts";
import type { World } from "./world.ts";

/** The monitor that all have. */
const MONITOR = { id: 7, name: "Shop", type: "http" };
/** Kuma's module sends without an answer after that, milliseconds. */
const MODULE_LIMIT = 6_000;
const READY_AFTER = 3_000;
/** As src/peers/peers.ts has it, milliseconds. */
const CALLED_WITHIN = 20_000;
/** A SIGTERM waits so long for a message that is being sent, milliseconds. */
const GRACE = 4_000;

type Kind = "down" | "again" | "up";

/** A message that a provider has accepted. */
export interface Rung {
  readonly at: number;
  /** When Kuma was told to send it, or sent it by itself. */
  readonly decidedAt: number;
  readonly by: string;
  readonly notification: string;
  readonly kind: Kind;
  /** Nobody had answered Kuma in time, or nobody had been heard since the last start. */
  readonly isBlind: boolean;
  /** Nobody had agreed for as long as the rules say. */
  readonly isAlone: boolean;
}

/** How Kuma's monitor is set, milliseconds and counts. */
export interface Timing {
  readonly interval: number;
  readonly retryInterval: number;
  readonly retries: number;
  /** Every so many checks; 0: never. */
  readonly resend: number;
}

export interface Plan {
  readonly id: string;
  readonly rules: AlertRules;
  readonly timing: Timing;
  readonly notifications: readonly string[];
  /** Whether the target answers here, now. */
  readonly reaches: () => boolean;
  /** What becomes of a message, and when. "lies": the provider accepts it, and says that it has not. */
  readonly provider: (notification: string) => {
    readonly takes: number;
    readonly outcome: "accepts" | "refuses" | "lies";
  };
  /** Whether it dies here, now; at each step of a message. */
  readonly dies: () => "container" | "kuma" | undefined;
}

export interface Instance extends End {
  start(): void;
  /** Kuma is stopped and started, or all of it; with grace. */
  restart(what: "container" | "kuma"): void;
  freeze(milliseconds: number): void;
  /** Deaths after a provider had accepted, before that was put down; and messages that it took while it said no. */
  readonly unrecorded: () => number;
  /** What Kuma found, as it stored it or is about to: when it changed. */
  readonly seen: readonly { readonly at: number; readonly state: "down" | "pending" | "up" }[];
  /** When it has looked, and when it has forgotten what it found: its Kuma has ended. */
  readonly checks: readonly number[];
  readonly ends: readonly number[];
  readonly withheld: () => number;
}

/** One container: Kuma and its module, as patches/ and Kuma itself do it, around the real participant. */
export function createInstance(
  world: World,
  plan: Plan,
  {
    rung,
    onNews,
    onStart,
    onEnd,
    hasCalled,
  }: {
    rung: Rung[];
    onNews: (end: End) => void;
    onStart: (end: End) => void;
    onEnd: (end: End) => void;
    hasCalled: (end: End) => boolean;
  },
): Instance {
  const { id, timing, notifications } = plan;
  /** What is on its disk. */
  const disk: { kept: Kept; state: Beat["state"] | undefined } = {
    kept: { clock: 0, told: [], withheld: [], outages: [] },
    state: undefined,
  };
  const seen: { at: number; state: "down" | "pending" | "up" }[] = [];
  const checks: number[] = [];
  const ends: number[] = [];
  let epoch = 0;
  let kumaEpoch = 0;
  let participant: Participant | undefined;
  let isReady = false;
  let isSending = 0;
  let frozenUntil = 0;
  let startedAt = 0;
  let unrecorded = 0;
  /** Accepted, but not on the disk; and not even reported. */
  let unsaved = 0;
  let unreported = 0;
  let retries = 0;
  let sinceResend = 0;

  const self: Instance = {
    id,
    participant: () => (world.now() < frozenUntil ? undefined : participant),
    isFrozen: () => world.now() < frozenUntil,
    epoch: () => epoch,
    start,
    restart: (what) => {
      if (participant === undefined) return;
      participant.hurry();
      const before = epoch;
      const waitUntil = world.now() + GRACE;
      const stop = () => {
        if (epoch !== before) return;
        if (isSending > 0 && world.now() < waitUntil) return world.after(100, stop);
        die(what, 2_000);
      };
      stop();
    },
    freeze: (milliseconds) => {
      frozenUntil = world.now() + milliseconds;
    },
    unrecorded: () => unrecorded,
    seen,
    ...{ checks, ends },
    withheld: () => participant?.withheld().length ?? 0,
  };

  /** It was started anew a short time ago: others call it that often. */
  function isNew(): boolean {
    return epoch > 0 && world.now() < startedAt + CALLED_WITHIN;
  }

  /** Calls unless this life is over; later while it is frozen. */
  function inLife(milliseconds: number, then: () => void): void {
    const life = epoch;
    const run = () => {
      if (epoch !== life) return;
      if (world.now() < frozenUntil) return world.after(frozenUntil - world.now() + 1, run);
      then();
    };
    world.after(milliseconds, run);
  }

  function start(): void {
    startedAt = world.now();
    // No two clocks are the same.
    const offset = Math.round(world.between(0, 1e9));
    const now = () => Math.round(world.now()) + offset;
    const monitors = createMonitors(now());
    let writing = false;
    let waiting: ((isSaved: boolean) => void)[] = [];
    const write = (keep: () => Kept) => {
      writing = true;
      const told = waiting;
      waiting = [];
      const kept = withTimes(structuredClone(keep()), (time) => time - offset);
      const saved = unsaved;
      inLife(world.between(1, 20), () => {
        disk.kept = kept;
        unsaved -= saved;
        for (const done of told) done(true);
        writing = false;
        if (waiting.length > 0) write(keep);
      });
    };
    participant = createParticipant({
      ...{
        session: `${id}${epoch}`,
        ownId: id,
        rules: plan.rules,
        kept: withTimes(disk.kept, (time) => time + offset),
        now,
        monitors,
      },
      after: inLife,
      identity: () => ({
        ...{ id, name: id, version: "2.1.0", alert: plan.rules.alert, role: "replica", agreement: "agrees" },
        kuma: { version: "2.5.3", state: isReady ? "ready" : "starting", for: 0 },
      }),
      isKumaReady: () => isReady,
      isAcquainted: () =>
        hasCalled(self) && (participant?.others().length !== 0 || world.now() > startedAt + CALLED_WITHIN),
      onNews: () => inLife(0, () => onNews(self)),
      save: (keep, done) => {
        waiting.push(done);
        if (!writing) write(keep);
      },
    });
    forget = () => monitors.forget(now());
    onStart(self);
    startKuma();
  }
  let forget: () => void = () => undefined;

  /** @param away until it is started again */
  function die(what: "container" | "kuma", away: number): void {
    // Others hear of it within moments.
    const recent = rung.filter(({ by, at }) => by === id && at > world.now() - 2_000).length;
    unrecorded += what === "kuma" ? unreported : Math.max(recent, unsaved + unreported);
    unreported = 0;
    ends.push(world.now());
    kumaEpoch += 1;
    isReady = false;
    isSending = 0;
    if (what === "kuma") {
      inLife(1, () => {
        forget();
        participant?.setKuma(undefined);
        participant?.tell();
      });
      inLife(away, startKuma);
      return;
    }
    unsaved = 0;
    epoch += 1;
    participant = undefined;
    onEnd(self);
    world.after(away, start);
  }

  // -- Kuma --------------------------------------------------------------------------------------------------------

  /** Calls unless this Kuma is gone. */
  function inKuma(milliseconds: number, then: () => void): void {
    const life = kumaEpoch;
    world.after(milliseconds, () => {
      if (kumaEpoch === life) then();
    });
  }

  function startKuma(): void {
    retries = 0;
    sinceResend = 0;
    inKuma(READY_AFTER, () => {
      isReady = true;
      inLife(1, () => {
        if (!isReady) return;
        participant?.setKuma(replay);
        participant?.tell();
      });
      // One after another, this one among them.
      const firstAt = world.between(300, 1_000);
      inKuma(firstAt, () => inLife(1, () => participant?.take([beatOf("not yet")])));
      inKuma(firstAt + world.pick([0, 0, 0, world.between(0, 60_000)]), check);
    });
  }

  function check(): void {
    const isUp = plan.reaches();
    checks.push(world.now());
    const before = disk.state;
    if (isUp) retries = 0;
    const isPending = !isUp && before !== "down" && retries < timing.retries;
    if (isPending) retries += 1;
    const state = isUp ? "up" : isPending ? "pending" : "down";
    if (seen.at(-1)?.state !== state) seen.push({ at: world.now(), state });
    const next = () => {
      disk.state = state;
      inLife(1, () => participant?.take([beatOf(state)]));
      inKuma(isPending ? timing.retryInterval : timing.interval, check);
    };
    const kind = kindOf(before, state);
    if (kind === undefined) next();
    else say(kind, false, next);
  }

  function kindOf(before: Beat["state"] | undefined, state: Beat["state"]): Kind | undefined {
    if (state === "down" && before !== "down") return "down";
    if (state === "up" && before === "down") return "up";
    if (state !== "down" || timing.resend === 0) return undefined;
    sinceResend += 1;
    if (sinceResend < timing.resend) return undefined;
    sinceResend = 0;
    return "again";
  }

  function beatOf(state: Beat["state"]): Beat {
    const { interval, retryInterval } = timing;
    return { ...MONITOR, state, every: Math.max(interval, retryInterval), settles: settlesOf(timing) };
  }

  function replay(_monitor: number, kind: "down" | "up", done: (result: ReplayResult) => void): void {
    const answer = (result: ReplayResult) => inLife(1, () => done(result));
    inKuma(1, () => {
      if (disk.state === kind) say(kind, true, () => answer("done"));
      else answer("stale");
    });
  }

  /** Kuma's Monitor.sendNotification, with the module around it. */
  function say(kind: Kind, isReplay: boolean, done: () => void): void {
    const question: Exclude<Question, { kind: "expiry" }> = {
      ...{ kind, beat: beatOf(kind === "up" ? "up" : "down"), notifications, isReplay },
    };
    let isAnswered = false;
    const answer = (verdict: Verdict | undefined) => {
      if (isAnswered) return;
      isAnswered = true;
      if (strikes()) return;
      if (verdict !== undefined && verdict.verdict !== "send") return done();
      const to = notifications.filter((each) => !verdict?.except.includes(each));
      const isAlone = verdict?.line?.includes("; only here, ") === true;
      const isBlind = verdict === undefined || isNew();
      sendEach(question, to, { decidedAt: world.now(), isBlind, isAlone }, done);
    };
    if (strikes()) return;
    inLife(1, () => participant?.ask(question, (verdict) => inKuma(1, () => answer(verdict))));
    inKuma(MODULE_LIMIT, () => answer(undefined));
  }

  function sendEach(
    question: Exclude<Question, { kind: "expiry" }>,
    [notification, ...rest]: readonly string[],
    about: Pick<Rung, "decidedAt" | "isBlind" | "isAlone">,
    done: () => void,
  ): void {
    if (notification === undefined) {
      done();
      return;
    }
    const { takes, outcome } = plan.provider(notification);
    isSending += 1;
    inKuma(takes, () => {
      isSending -= 1;
      if (outcome !== "refuses") {
        rung.push({ at: world.now(), by: id, notification, kind: question.kind, ...about });
        if (outcome === "lies") unrecorded += 1;
        else unreported += 1;
      }
      if (strikes()) return;
      if (outcome === "accepts") {
        unreported -= 1;
        unsaved += 1;
      }
      inLife(1, () => participant?.report(question, notification, outcome === "accepts"));
      if (strikes()) return;
      sendEach(question, rest, about, done);
    });
  }

  /** @returns whether Kuma is gone */
  function strikes(): boolean {
    const what = plan.dies();
    if (what === undefined) return false;
    die(what, world.between(2_000, 60_000));
    return true;
  }

  return self;
}

export function settlesOf({ interval, retryInterval, retries }: Timing): number {
  return interval + retries * retryInterval;
}
