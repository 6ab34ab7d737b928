"""How fast the gate is, as ratios within one run: `make bench`. Nothing here fails for being slow."""
