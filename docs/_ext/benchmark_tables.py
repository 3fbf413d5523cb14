"""``{benchmark-tables} FILE``: what ``python -m benchmarks.kernels --out FILE`` measured.

No number on such a page is typed by hand; the page is made anew when the file changes.
"""

import json
from pathlib import Path

from benchmark_growth import drawn
from benchmark_markdown import page
from docutils import nodes
from sphinx.util.docutils import SphinxDirective

ROOT = Path(__file__).resolve().parents[2]
NO_RUN = "No run has been recorded in `{path}` yet."


class BenchmarkTables(SphinxDirective):
    required_arguments = 1

    def run(self):
        path = ROOT / self.arguments[0]
        self.env.note_dependency(str(path))
        if not path.exists():
            return self.parse_text_to_nodes(NO_RUN.format(path=self.arguments[0]))
        found = json.loads(path.read_text("utf-8"))
        content = self.parse_text_to_nodes(page(found), allow_section_headings=True)
        picture = drawn([row for row in found["rows"] if row["at"]])
        if picture:
            content.append(nodes.raw("", picture, format="html"))
        return content


def setup(app):
    app.add_directive("benchmark-tables", BenchmarkTables)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
