import { problemsOf } from "./test/alerts/invariants.ts";
import { run, scenarioOf } from "./test/alerts/scenario.ts";
const [from, to] = process.argv.slice(2).map(Number);
const t0 = performance.now();
let bad = 0;
const stats: Record<string, number> = {};
for (let seed = from!; seed < to!; seed++) {
  const scenario = scenarioOf(seed);
  const result = run(seed, scenario);
  const problems = problemsOf(result);
  if (problems.length > 0) { bad++; if (bad <= 8) console.log(seed, JSON.stringify(scenario.faults), scenario.names.map(n => scenario.rules(n).alert[0]).join(""), "\n   ", problems.slice(0,3).join("\n    ")); }
}
console.log(`${to! - from!} runs, ${bad} bad, ${((performance.now() - t0) / (to! - from!)).toFixed(2)} ms each`);
