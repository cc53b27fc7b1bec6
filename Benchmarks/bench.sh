# shellcheck shell=bash disable=SC2154 # root, parts and the like are build.sh's
#
# Sourced by build.sh.

# bench [--long]: writes Benchmarks/comparison.svg as well, which the README shows.
bench() {
    need build python
    environment bench-venv Benchmarks/python/requirements.txt
    build
    say "Compiling the stages"
    swift build -c release --product Stages -j "$jobs"
    say "Measuring; nothing else should run meanwhile"
    python3 Benchmarks/compare.py "$out/bootstrap" "$parts/bench-venv/bin/python" \
        "$(swift build -c release --show-bin-path)/Stages" "$@"
}
