# shellcheck shell=bash disable=SC2154 # root, parts and the like are build.sh's
#
# The developer's tool. Sourced by build.sh.

# Sets tool.
build_local() {
    say "Compiling the developer's tool"
    swift build -c release --product local -j "$jobs"
    tool=$(swift build -c release --show-bin-path)/local
}

run_local() {
    need local
    build_local >&2
    clear_work # nobody is left to do it
    cd "$caller" || exit
    exec "$tool" "$@"
}
