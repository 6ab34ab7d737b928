"""From a suite's test and a client to verdicts: exploring inputs, performing calls, judging, folding."""
