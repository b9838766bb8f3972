import { problemsOf } from "./test/alerts/invariants.ts";
import { run, scenarioOf } from "./test/alerts/scenario.ts";
const seed = Number(process.argv[2]);
const s = scenarioOf(seed);
console.log(JSON.stringify(s, null, 0), s.names.map(n => JSON.stringify([s.rules(n).alert, s.rules(n).agree, s.timing(n), s.outages(n)])).join("\n"));
const r = run(seed, s);
for (const i of r.instances) console.log(i.id, JSON.stringify((i as any).participant()?.withheld()), i.seen.map(({at,state})=>`${(at/1000).toFixed(1)} ${state}`).join(", "));
console.log(r.rung.map(x=>`${(x.decidedAt/1000).toFixed(1)}-${(x.at/1000).toFixed(1)} ${x.by} ${x.kind} ${x.notification}${x.isBlind?" blind":""}`).join("\n"));
console.log(problemsOf(r).join("\n"));
