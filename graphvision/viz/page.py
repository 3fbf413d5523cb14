"""The look of the report: one style sheet, no script, nothing from outside."""

STYLE = """
:root { --paper:#f3f5f9; --card:#ffffff; --ink:#1d2330; --soft:#5a6478; --line:#dfe4ed;
  --accent:#2563c9; --alarm:#b42318; --alarm-paper:#fef1ef; color-scheme: light dark; }
@media (prefers-color-scheme: dark) { :root { --paper:#0e121a; --card:#171c26; --ink:#e6eaf2;
  --soft:#9aa5b8; --line:#2a3241; --accent:#6ea3ff; --alarm:#ff8a7a; --alarm-paper:#2c1715; } }
* { box-sizing: border-box; }
body { margin:0; background:var(--paper); color:var(--ink);
  font:16px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",sans-serif; }
main { max-width:1120px; margin:0 auto; padding:40px 24px 64px; }
h1 { font-size:2.1rem; line-height:1.15; margin:0 0 6px; letter-spacing:-.02em; }
h2 { font-size:1.15rem; margin:0 0 4px; }
p { margin:4px 0 12px; } .soft { color:var(--soft); font-size:.92rem; }
header { margin-bottom:24px; } .lead { font-size:1.12rem; max-width:60em; margin-top:14px; }
section { background:var(--card); border:1px solid var(--line); border-radius:14px;
  padding:22px 24px; margin:0 0 20px; }
.alarm { background:var(--alarm-paper); border:2px solid var(--alarm); color:var(--alarm);
  font-weight:600; }
.tiles { display:grid; grid-template-columns:repeat(auto-fit,minmax(190px,1fr)); gap:14px;
  margin:0 0 20px; }
.tile { background:var(--card); border:1px solid var(--line); border-radius:14px;
  padding:16px 18px; border-top:4px solid var(--tone,var(--accent)); }
.tile b { display:block; font-size:1.75rem; letter-spacing:-.02em; line-height:1.2; }
.tile span { color:var(--soft); font-size:.88rem; }
.scroll { overflow-x:auto; }
table { border-collapse:collapse; width:100%; font-variant-numeric:tabular-nums; font-size:.9rem; }
th,td { padding:8px 10px; text-align:right; white-space:nowrap;
  border-bottom:1px solid var(--line); }
th { color:var(--soft); font-weight:600; vertical-align:bottom; white-space:normal; }
th:first-child,td:first-child { text-align:left; color:var(--soft); }
thead th { color:var(--ink); font-size:1rem; }
tbody tr:last-child td { border-bottom:0; }
td.best { color:var(--accent); font-weight:700; }
img { display:block; width:100%; height:auto; border-radius:8px; }
details summary { cursor:pointer; color:var(--soft); }
pre { overflow-x:auto; font-size:.8rem; background:var(--paper); padding:14px; border-radius:8px; }
"""

PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>{style}</style>
</head>
<body>
<main>
{body}
</main>
</body>
</html>
"""
