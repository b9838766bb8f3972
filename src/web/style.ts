/** The page's style; its hash is what the Content-Security-Policy lets in. */
export const style = `
:root { color-scheme: light dark;
  --ground: #f6f7f9; --card: #fff; --ink: #1b2330; --quiet: #5d6878; --line: #dfe3e9;
  --good: #14804a; --waiting: #945d00; --bad: #c02537;
  --accent: #2f62c9;
  --agrees: #2f9e63; --behind: #5a3300; --up: #2f9e63; --paused: #b07400; --down: #6b0a1b; --unknown: #8790a0; }
@media (prefers-color-scheme: dark) { :root {
  --ground: #11151b; --card: #1a2029; --ink: #e5e9ef; --quiet: #98a3b3; --line: #2d3541;
  --good: #5bd393; --waiting: #f0bb57; --bad: #ff8794;
  --accent: #7da7ff;
  --agrees: #2b8a55; --behind: #ffe0a0; --up: #2b8a55; --paused: #946410; --down: #ffd0d5; --unknown: #7b8696; } }
* { box-sizing: border-box; margin: 0; }
body { background: var(--ground); color: var(--ink); font: 16px/1.5 system-ui, sans-serif; padding: 1.25rem 1rem 2rem; }
header, main, footer { max-width: 60rem; margin: 0 auto; }
header { display: flex; flex-wrap: wrap; align-items: baseline; gap: 0 1rem; margin-bottom: 1rem; }
header p, .quiet, footer, dt, .legend { color: var(--quiet); }
.mark svg { width: 2rem; height: 2rem; } .mark { align-self: center; } .to-kuma { margin-left: auto; }
h1 { font-size: 1.5rem; overflow-wrap: anywhere; }
h2 { font-size: 1rem; margin-bottom: .5rem; }
.role { border: 1px solid var(--line); border-radius: 1rem; padding: .05rem .6rem; color: var(--ink); background: var(--card); }
main { display: grid; gap: 1rem; }
section, .facts { background: var(--card); border: 1px solid var(--line); border-radius: .6rem; padding: 1rem; min-width: 0; }
.verdict { border-left: .4rem solid; }
.verdict h2 { font-size: 1.4rem; margin: 0; line-height: 1.3; }
.verdict p { color: var(--ink); }
.good { color: var(--good); border-left-color: var(--good); }
.waiting { color: var(--waiting); border-left-color: var(--waiting); }
.verdict.bad { color: var(--bad); }
.bad { border-left-color: var(--bad); }
.problem { overflow-wrap: anywhere; }
.problem.bad { border-color: var(--bad); }
.problem.bad h2 { color: var(--bad); }
.problem.solved { color: var(--quiet); } .problem.solved strong { font-weight: inherit; }
.facts { display: grid; grid-template-columns: repeat(auto-fit, minmax(15rem, 1fr)); gap: .8rem 1.5rem; }
dt, .quiet, footer, .legend { font-size: .875rem; }
dd { overflow-wrap: anywhere; }
code { font: .925em ui-monospace, monospace; }
svg { display: block; overflow: visible; }
text { font-size: 12px; fill: var(--quiet); } .lane { stroke: var(--card); stroke-width: 4px; stroke-linejoin: round; paint-order: stroke; }
.grid { stroke: var(--line); }
.rail { stroke: var(--line); stroke-width: 2; }
.way { stroke: var(--accent); stroke-dasharray: 3 3; }
.snapshot { fill: var(--accent); stroke: var(--card); stroke-width: 1.5; }
circle.applied { fill: var(--good); stroke: var(--card); stroke-width: 1.5; }
circle.rolled-back { fill: var(--bad); stroke: var(--card); stroke-width: 1.5; }
rect.agrees { fill: var(--agrees); } rect.behind { fill: var(--behind); } rect.unknown { fill: var(--unknown); }
rect.up { fill: var(--up); } rect.paused { fill: var(--paused); stroke: var(--paused); } rect.down { fill: var(--down); stroke: var(--down); }
.legend { display: flex; flex-wrap: wrap; gap: .1rem 1rem; margin-top: .5rem; }
.legend .zone::before { display: none !important; }
.legend span::before { content: ""; display: inline-block; width: .7em; height: .7em; border-radius: .2em; margin-right: .4em; background: var(--unknown); }
.legend .agrees::before { background: var(--agrees); height: .5em; } .legend .behind::before { background: var(--behind); }
.legend .up::before { background: var(--up); height: .5em; } .legend .paused::before { background: var(--paused); height: .3em; }
.legend .down::before { background: var(--down); height: 1em; } .legend .unknown::before { height: .15em; } .zone { margin-left: auto; }
.fleet { overflow-x: auto; } .fleet table { border-collapse: collapse; width: 100%; } .fleet tbody th { text-align: left; overflow-wrap: anywhere; }
.fleet thead th { text-align: left; color: var(--quiet); font-size: .875rem; font-weight: inherit; } .fleet tr > * { padding: .35rem .8rem .35rem 0; border-top: 1px solid var(--line); }
.fleet thead th { border-top: 0; padding-top: 0; } .fleet .silent, .fleet .silent code { color: var(--quiet); } .fleet span.bad { color: var(--bad); } .fleet p { margin-top: .5rem; } .fleet .withheld { color: var(--bad); }
.recent-events, .chips { list-style: none; padding: 0; }
.recent-events > li { display: grid; grid-template-columns: 7.5rem 1fr; gap: 0 1rem; padding: .55rem 0; border-top: 1px solid var(--line); }
.recent-events > li:first-child { border-top: 0; padding-top: 0; }
.recent-events > li > div { min-width: 0; overflow-wrap: anywhere; }
.recent-events time { color: var(--quiet); font-size: .875rem; line-height: 1.7; }
.cycle-failed > div, .rolled-back > div, .kuma-crashed > div, .kuma-start-failed > div { color: var(--bad); }
.chips { display: flex; flex-wrap: wrap; gap: .3rem; margin-top: .3rem; }
.chips li { border: 1px solid var(--line); border-radius: .35rem; padding: .05rem .5rem; font-size: .875rem; }
.chips .added { border-color: var(--good); color: var(--good); } .chips .removed { border-color: var(--bad); color: var(--bad); }
.chips .changed { border-color: var(--accent); color: var(--accent); }
.lines { padding-left: 1.2rem; } .lines li { overflow-wrap: anywhere; }
a { color: var(--accent); }
footer { margin-top: 1.25rem; }
@media (max-width: 32rem) {
  body { padding: .9rem .7rem 1.5rem; } section, .facts { padding: .8rem; }
  .recent-events > li { grid-template-columns: 1fr; }
  .fleet thead { display: none; } .fleet tr { display: block; border-top: 1px solid var(--line); padding: .4rem 0; } .fleet tbody tr > * { display: flex; justify-content: space-between; gap: 1rem; border: 0; padding: 0; }
  .fleet td::before { content: attr(data-label); color: var(--quiet); font-size: .875rem; } .fleet td:empty { display: none; }
  .facts { grid-template-columns: 1fr; gap: .4rem; } .facts div { display: flex; justify-content: space-between; gap: 1rem; } dd { text-align: right; }
}
`;
