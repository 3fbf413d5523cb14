"""What ``python -m benchmarks.kernels --out FILE`` measured, on pages.

``{benchmark-tables} FILE`` shows all of it, ``{benchmark-lowering} FILE`` what lowering saves, a
form per line of its body (``:brief:`` leaves out machine and picture). No number on such a page is
typed by hand; the page is made anew when the file changes.
"""

import json
from pathlib import Path
from typing import ClassVar

from benchmark_growth import drawn
from benchmark_lowering import chosen, drawn_lowering, rows_of, table
from benchmark_markdown import machine, page
from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.util.docutils import SphinxDirective

ROOT = Path(__file__).resolve().parents[2]
NO_RUN = "No run has been recorded in `{path}` yet."


class _OfFile(SphinxDirective):
    required_arguments = 1

    def run(self):
        path = ROOT / self.arguments[0]
        self.env.note_dependency(str(path))
        if not path.exists():
            return self.parse_text_to_nodes(NO_RUN.format(path=self.arguments[0]))
        return self.shown(json.loads(path.read_text("utf-8")))

    def with_picture(self, content, picture):
        """The content and, where there is one, an SVG below it."""
        return [*content, nodes.raw("", picture, format="html")] if picture else content


class BenchmarkTables(_OfFile):
    def shown(self, found):
        content = self.parse_text_to_nodes(page(found), allow_section_headings=True)
        return self.with_picture(content, drawn([row for row in found["rows"] if row["at"]]))


class BenchmarkLowering(_OfFile):
    has_content = True
    option_spec: ClassVar = {"threads": directives.positive_int, "brief": directives.flag}

    def shown(self, found):
        picked = chosen(found, self.content, self.options.get("threads", 1))
        if "brief" in self.options:
            return self.parse_text_to_nodes(table(picked))
        about = machine(found | {"rows": rows_of(picked)})
        content = self.parse_text_to_nodes(f"{about}\n\n{table(picked)}")
        return self.with_picture(content, drawn_lowering(picked))


def setup(app):
    app.add_directive("benchmark-tables", BenchmarkTables)
    app.add_directive("benchmark-lowering", BenchmarkLowering)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
