"""Every public object is described once: on the page of the shortest name that reaches it.

``graphvision.Labels`` is also ``graphvision.graphs.Labels`` and
``graphvision.graphs.partitions.labels.Labels``; docstrings may refer to it by any of these.
"""

from importlib import import_module

from sphinx.util.nodes import make_refnode


def _skip_other_homes(app, what, name, obj, skip, options):
    if what == "class" and name in ("dims", "torch_class"):
        return True
    if what != "module" or not hasattr(obj, "__module__"):
        return None
    page = app.env.current_document.get("autodoc:module") or app.env.ref_context.get("py:module")
    if page in (None, "graphvision"):
        return None
    short = name.rpartition(".")[2]
    elsewhere = getattr(import_module("graphvision"), short, None) is obj
    return True if elsewhere or not obj.__module__.startswith(page) else None


def _by_last_name(app, env, node, contnode):
    if node.get("refdomain") != "py":
        return None
    last = "." + node["reftarget"].rpartition(".")[2]
    found = [(n, o) for n, o in env.domains["py"].objects.items() if n.endswith(last)]
    homes = {(o.docname, o.node_id) for _, o in found if not o.aliased}
    if len(homes) != 1:
        return None
    page, anchor = homes.pop()
    return make_refnode(app.builder, node["refdoc"], page, anchor, contnode)


def setup(app):
    app.connect("autodoc-skip-member", _skip_other_homes)
    app.connect("missing-reference", _by_last_name)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
