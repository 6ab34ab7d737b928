"""Benchmarks: how fast a check is, as ratios within one run (`make bench`). Nothing here fails for being
slow.
"""
