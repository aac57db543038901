"""The one stylesheet of all pages. It is inside each page: nothing is fetched.

``POLICY`` allows this stylesheet by its hash and nothing else: no script, no frame, no request.
"""

import base64
import hashlib

CSS = """
:root { color-scheme: light dark;
  --ground: #f4f6f8; --sheet: #ffffff; --ink: #16202a; --soft: #52606d; --rule: #d5dce3;
  --accent: #0b5c8a; --target: #b4540a; --bar: #5b9bc4; --open-bar: #b9c7d3;
  --warn: #8a1f11; --warn-ground: #fdecea; }
@media (prefers-color-scheme: dark) { :root {
  --ground: #0d1319; --sheet: #151d25; --ink: #e4ebf1; --soft: #9fb0be; --rule: #2c3945;
  --accent: #6db8e6; --target: #f0a35e; --bar: #3d7ba5; --open-bar: #465766;
  --warn: #ffb4a8; --warn-ground: #3a1a16; } }
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body { margin: 0; background: var(--ground); color: var(--ink);
  font: 16px/1.5 system-ui, "Segoe UI", Roboto, "DejaVu Sans", sans-serif; }
.training { position: sticky; top: 0; z-index: 1; margin: 0; padding: .55rem 1rem;
  background: #ffd54a; color: #1c1500; text-align: center; font-weight: 600;
  border-bottom: 2px solid #1c1500; print-color-adjust: exact; }
.training b { letter-spacing: .12em; }
main { max-width: 58rem; margin: 1.5rem auto; padding: 1.6rem 2rem 2rem; background: var(--sheet);
  border: 1px solid var(--rule); border-top: 4px solid var(--accent); border-radius: 3px; }
h1, h2, h3, p, td, th, li { overflow-wrap: break-word; }
header p { margin: 0; color: var(--soft); }
header .study { font-weight: 600; color: var(--accent); letter-spacing: .02em; }
h1 { margin: .5rem 0 .2rem; font-size: 1.75rem; line-height: 1.2; font-weight: 650; }
h2 { margin: 2.2rem 0 .7rem; font-size: 1.12rem; border-bottom: 1px solid var(--rule);
  padding-bottom: .3rem; }
h3 { margin: 1.2rem 0 .4rem; font-size: 1rem; }
.key { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(11rem, 100%), 1fr));
  gap: .8rem; margin: 1.4rem 0 0; }
.key.counts { grid-template-columns: repeat(auto-fit, minmax(min(9rem, 100%), 1fr)); }
.key div { border: 1px solid var(--rule); border-left: 4px solid var(--accent); border-radius: 3px;
  padding: .6rem .9rem; min-width: 0; }
.key dt { color: var(--soft); font-size: .82rem; }
.key dd { margin: 0; font-size: 1.4rem; line-height: 1.25; font-weight: 650;
  overflow-wrap: anywhere; font-variant-numeric: tabular-nums; }
.key small { display: block; font-size: .82rem; font-weight: 400; color: var(--soft); }
.notice { margin: 1.4rem 0 0; padding: .7rem 1rem; border: 1px solid var(--warn);
  border-left-width: 4px; background: var(--warn-ground); color: var(--warn); border-radius: 3px;
  print-color-adjust: exact; }
.facts { margin: 0; display: grid; grid-template-columns: minmax(9rem, 15rem) minmax(0, 1fr); }
.facts dt, .facts dd { margin: 0; padding: .38rem 0; border-bottom: 1px solid var(--rule); }
.facts dt { color: var(--soft); padding-right: 1rem; }
.facts dt, .facts dd, .id { overflow-wrap: anywhere; }
.id { font: .88em/1.5 ui-monospace, "Cascadia Mono", "DejaVu Sans Mono", monospace; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { padding: .38rem .9rem .38rem 0; border-bottom: 1px solid var(--rule); text-align: left;
  vertical-align: top; }
th { color: var(--soft); font-weight: 600; font-size: .85rem; vertical-align: bottom; }
td { white-space: nowrap; }
td.wide { min-width: 11rem; white-space: normal; overflow-wrap: anywhere; }
th.number, td.number { text-align: right; }
th.number:last-child, td.number:last-child { padding-right: .2rem; }
tfoot td { font-weight: 650; border-bottom: 0; }
.full { color: var(--warn); font-weight: 600; }
td ul { margin: 0; padding-left: 1.1rem; }
figure { margin: 1rem 0 0; }
figure > svg { display: block; width: 100%; height: auto; }
figcaption, .note { color: var(--soft); font-size: .88rem; }
footer { margin-top: 2.2rem; border-top: 1px solid var(--rule); padding-top: .8rem; }
.legend { display: flex; flex-wrap: wrap; gap: .2rem 1.4rem; list-style: none; margin: .5rem 0;
  padding: 0; font-size: .88rem; }
.legend svg { width: 26px; height: 12px; margin-right: .45rem; vertical-align: -1px; }
svg text { font-size: 13px; fill: var(--soft); }
svg .end { fill: var(--accent); font-weight: 650; font-size: 15px; }
svg .grid { stroke: var(--rule); stroke-width: 1; }
svg .axis { stroke: var(--soft); stroke-width: 1; }
svg .curve { stroke: var(--accent); stroke-width: 3; fill: none; stroke-linejoin: round; }
svg .point { fill: var(--accent); }
svg .target { stroke: var(--target); stroke-width: 2.2; fill: none; stroke-dasharray: 7 5; }
svg .bar { fill: var(--bar); print-color-adjust: exact; }
svg .open-bar { fill: var(--open-bar); print-color-adjust: exact; }
@media (max-width: 40rem) {
  main { margin: 0; padding: 1.1rem 1rem 1.6rem; border-width: 4px 0 0; border-radius: 0; }
  h1 { font-size: 1.45rem; }
  .facts { display: block; } th, td { padding-right: .5rem; }
  .facts dt { border: 0; padding: .5rem 0 0; font-size: .85rem; }
  .facts dd { padding-top: 0; }
  .stack, .stack tbody, .stack tfoot, .stack tr { display: block; }
  .stack tr { border-bottom: 1px solid var(--rule); padding: .45rem 0; }
  .stack td, .stack td.number { display: grid; grid-template-columns: 8rem minmax(0, 1fr);
    gap: .6rem; border: 0; padding: .12rem 0; text-align: left; white-space: normal; }
  .stack thead, .stack td:empty, .stack td.number:empty { display: none; }
  .stack td::before { content: attr(data-label); color: var(--soft); font-size: .85rem; }
  svg text { font-size: 22px; } svg .end { font-size: 24px; } svg .seldom { display: none; }
}
@page { size: A4; margin: 16mm 14mm; }
@media print {
  :root { color-scheme: light; --ground: #fff; --sheet: #fff; --ink: #000; --soft: #444;
    --rule: #bbb; --accent: #0b5c8a; --target: #b4540a; --bar: #5b9bc4; --open-bar: #b9c7d3;
    --warn: #8a1f11; --warn-ground: #fff; }
  body { font-size: 10.5pt; } main { max-width: none; margin: 0; padding: .4rem 0 0; border: 0; }
  .training { position: static; border: 2px solid #1c1500; }
  .scroll { overflow: visible; } td { white-space: normal; }
  tr, .key div, figure, .notice { break-inside: avoid; } h2, h3 { break-after: avoid; }
}
"""

_HASH = base64.b64encode(hashlib.sha256(CSS.encode()).digest()).decode()
POLICY = f"default-src 'none'; style-src 'sha256-{_HASH}'; base-uri 'none'; form-action 'none'"
