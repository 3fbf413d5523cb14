"""From answers on edges to objects."""
