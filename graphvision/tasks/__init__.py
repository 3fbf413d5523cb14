"""What is predicted: targets, losses, metrics and decoding for graphs, nodes, edges and boxes."""
