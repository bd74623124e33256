"""`make bench`: every benchmark, one after the other."""

from __future__ import annotations

from benchmarks import delivery, receiver

BENCHMARKS = {"receiver": receiver.main, "delivery": delivery.main}


def main() -> None:
    """Run them all."""
    for name, run in BENCHMARKS.items():
        print(f"\n== {name}")
        run()


if __name__ == "__main__":
    main()
