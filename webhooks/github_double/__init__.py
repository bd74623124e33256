"""GitHub over HTTP for the demo and the contract tests: stateful, in memory, with faults on demand."""
