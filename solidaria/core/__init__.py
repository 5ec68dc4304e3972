"""Think: plain values in, plain values out. No Django, file, network, clock or chance."""
