"""The stylesheet of documents made from a definition: inside each page, so nothing is fetched."""

CSS = """
:root { color-scheme: light dark;
  --ground: #f4f6f8; --sheet: #ffffff; --ink: #16202a; --soft: #52606d; --rule: #d5dce3;
  --head: #f7f9fb; --accent: #0b5c8a; --note: #0b5c8a; --note-ground: #e8f2f9;
  --mask: #8a1f11; --mask-ground: #fdecea; --must: #6b4e00; --must-ground: #fff4d6; }
@media (prefers-color-scheme: dark) { :root {
  --ground: #0d1319; --sheet: #151d25; --ink: #e4ebf1; --soft: #9fb0be; --rule: #2c3945;
  --head: #1a242e; --accent: #6db8e6; --note: #8fcaf0; --note-ground: #142c3d;
  --mask: #ffb4a8; --mask-ground: #3a1a16; --must: #f0cf86; --must-ground: #33280d; } }
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; scroll-behavior: smooth; }
body { margin: 0; background: var(--ground); color: var(--ink);
  font: 15px/1.5 system-ui, "Segoe UI", Roboto, "DejaVu Sans", sans-serif; }
main { max-width: 84rem; margin: 1.5rem auto; padding: 1.6rem 2rem 2rem; background: var(--sheet);
  border: 1px solid var(--rule); border-top: 4px solid var(--accent); border-radius: 3px; }
header p { margin: 0; color: var(--soft); }
header .study { font-weight: 600; color: var(--accent); letter-spacing: .02em; }
h1 { margin: .4rem 0 .3rem; font-size: 1.7rem; line-height: 1.2; font-weight: 650; }
h2 { margin: 2.4rem 0 .5rem; font-size: 1.25rem; border-bottom: 2px solid var(--accent);
  padding-bottom: .3rem; scroll-margin-top: .5rem; display: flex; flex-wrap: wrap; gap: .2rem .7rem;
  align-items: baseline; }
h3 { margin: 1.2rem 0 .3rem; font-size: .95rem; }
.id { font: .84em/1.5 ui-monospace, "Cascadia Mono", "DejaVu Sans Mono", monospace;
  color: var(--soft); overflow-wrap: anywhere; font-weight: 400; }
.key { display: flex; flex-wrap: wrap; gap: .8rem; margin: 1.2rem 0; }
.key div { flex: 1 1 8rem; border: 1px solid var(--rule); border-left: 4px solid var(--accent);
  border-radius: 3px; padding: .5rem .9rem; }
.key dt { color: var(--soft); font-size: .8rem; }
.key dd { margin: 0; font-size: 1.35rem; font-weight: 650; font-variant-numeric: tabular-nums; }
nav ol { columns: 17rem; column-gap: 2rem; padding: 0; margin: .6rem 0 0; list-style: none;
  font-size: .93rem; }
nav li { break-inside: avoid; padding: .1rem 0; }
a { color: var(--accent); text-decoration: none; } a:hover { text-decoration: underline; }
.about { margin: .2rem 0 .7rem; color: var(--soft); font-size: .92rem; }
.about b { color: var(--ink); font-weight: 600; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { padding: .42rem .8rem .42rem .5rem; border-bottom: 1px solid var(--rule);
  text-align: left; vertical-align: top; }
thead th { color: var(--soft); background: var(--head); font-weight: 600; font-size: .8rem;
  border-bottom: 2px solid var(--rule); }
tbody th { font-weight: 600; }
tbody th .id { display: block; }
td { overflow-wrap: break-word; } td .id { overflow-wrap: break-word; }
td ul { margin: 0; padding: 0; list-style: none; }
.mark, .sdtm { display: inline-block; padding: 0 .45rem; margin: 0 .25rem .2rem 0;
  border-radius: 3px; font-size: .78rem; line-height: 1.5; font-weight: 600;
  border: 1px solid currentColor;
  print-color-adjust: exact; }
.mark { color: var(--soft); font-weight: 500; }
.mark.must { color: var(--must); background: var(--must-ground); }
.mark.mask { color: var(--mask); background: var(--mask-ground); }
.mark.assumed { color: var(--soft); border-style: dashed; }
.mark.query, .mark.flag, .mark.hard { color: var(--must); background: var(--must-ground); }
.mark.hard { color: var(--mask); background: var(--mask-ground); }
.sdtm { color: var(--note); background: var(--note-ground); font-weight: 500; }
.small { color: var(--soft); font-size: .86rem; }
.items, .checks, .entries { table-layout: fixed; min-width: 62rem; }
.items th:nth-child(1) { width: 23%; } .items th:nth-child(2) { width: 14%; }
.items th:nth-child(3) { width: 21%; } .items th:nth-child(4) { width: 16%; }
.items th:nth-child(5) { width: 15%; } .items th:nth-child(6) { width: 11%; }
.checks th:nth-child(1) { width: 11%; } .checks th:nth-child(2) { width: 9%; }
.checks th:nth-child(3) { width: 33%; } .checks th:nth-child(4) { width: 27%; }
.checks th:nth-child(5) { width: 20%; }
.entries th:nth-child(1) { width: 17%; } .entries th:nth-child(2) { width: 21%; }
.entries th:nth-child(3) { width: 14%; } .entries th:nth-child(4) { width: 19%; }
.entries th:nth-child(5) { width: 15%; } .entries th:nth-child(6) { width: 14%; }
.entries tr.group th { background: var(--head); color: var(--ink); font-size: .95rem;
  padding-top: .7rem; width: auto; }
a.check { white-space: nowrap; }
.grid th, .grid td { text-align: center; padding: .25rem .4rem; }
.grid tbody th { text-align: left; white-space: nowrap; font-weight: 500; }
.grid thead th { writing-mode: vertical-rl; transform: rotate(180deg); text-align: left;
  vertical-align: bottom; height: 5.5rem; padding: .5rem .2rem; }
.grid thead th:first-child { writing-mode: initial; transform: none; }
.dot { color: var(--accent); font-size: 1.1rem; line-height: 1; }
.legend { margin: .8rem 0 0; }
footer { margin-top: 2.4rem; border-top: 1px solid var(--rule); padding-top: .8rem;
  color: var(--soft); font-size: .86rem; overflow-wrap: anywhere; }
@media (max-width: 45rem) { main { margin: 0; padding: 1.1rem 1rem; border-width: 4px 0 0; }
  h1 { font-size: 1.35rem; } .key dd { font-size: 1.1rem; } }
@page { size: A4 landscape; margin: 13mm 12mm; }
@media print {
  :root { color-scheme: light; --ground: #fff; --sheet: #fff; --ink: #000; --soft: #444;
    --rule: #bbb; --head: #f2f4f6; --accent: #0b5c8a; --note: #0b5c8a; --note-ground: #eef5fa;
    --mask: #8a1f11; --mask-ground: #fdf3f1; --must: #6b4e00; --must-ground: #fff9e8; }
  html { font-size: 11.5px; } body { font-size: 8.6pt; }
  main { max-width: none; margin: 0; padding: 0; border: 0; }
  .scroll { overflow: visible; } tr, .key div { break-inside: avoid; }
  h2, h3, .about { break-after: avoid; } section { break-inside: auto; }
  thead { display: table-header-group; } a { color: inherit; }
  th, td { padding: .28rem .5rem .28rem .3rem; }
  .items, .checks, .entries { min-width: 0; }
}
"""
