"""Clients whose verdicts are known: faulty ones, each of which violates one clause, and quirky ones, which
are unusual and conform. `faulty/` has a module for each clause, `quirky/` one for each subject, `bases/` the
conforming clients that they override.
"""
