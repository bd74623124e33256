"""`make bench`: every benchmark, one after the other; with `ARGS="--data DIR"`, quality on the labelled files there."""

from __future__ import annotations

import argparse
import sys

from benchmarks import clustering, delivery, importing, layout, matching, pages, receiver, rivals, waves

BENCHMARKS = {
    "receiver": receiver.main,
    "delivery": delivery.main,
    "importing": importing.main,
    "pages": pages.main,
    "matching": matching.main,
    "clustering": clustering.main,
    "layout": layout.main,
    "waves": waves.main,
}
MEASURE_QUALITY = (matching.main, clustering.main, layout.main)


def main() -> None:
    """Run them all."""
    options = argparse.ArgumentParser(description=__doc__)
    rivals.add_option(options)
    chosen = options.parse_args()
    for name, run in BENCHMARKS.items():
        print(f"\n== {name}")
        sys.argv[1:] = ["--data", str(chosen.data)] if run in MEASURE_QUALITY else []
        run()


if __name__ == "__main__":
    main()
