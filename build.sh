#!/usr/bin/env bash
# shellcheck disable=SC2034 # the sourced scripts use these variables
#
# Builds, demonstrates and tests the function. ./build.sh help lists the commands; their code is in Sources/Build,
# Sources/Deployment, Tests and Benchmarks.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
caller=$PWD
command=${1-build}
cd "$root"

parts=$root/.build/parts      # what tests and the demo need in addition to Swift; shared by all commands
out=$root/.build/lambda       # what gets deployed
case ${ARCH:-$(uname -m)} in  # what it gets deployed to, by Lambda's name
    x86_64 | amd64) arch=x86_64 ;;
    arm64 | aarch64) arch=arm64 ;;
    *) arch=${ARCH:-$(uname -m)} ;;
esac
static=$root/.build/static/$arch          # the C libraries that bootstrap links
scratch=$root/.build/static-build/$arch   # and its Swift build, apart from that of swift build and swift test
python=$parts/venv/bin/python
jobs=${JOBS:-$(nproc 2>/dev/null || echo 2)}

help() {
    cat <<END
Kafka to S3: an AWS Lambda function in Swift.

    ./build.sh                     builds .build/lambda/bootstrap and .build/lambda.zip; ARCH=arm64 builds for Graviton
    ./build.sh demo [--follow]     runs the whole pipeline on this machine: broker, producer, mapping, function, a local
                                   AWS, SQL and a chart; with --follow it runs until Ctrl-C
    ./build.sh local ARGUMENT…     runs the developer's tool; see ./build.sh local --help
    ./build.sh local event …       makes an event from lines of JSON: --topic orders my.jsonl > /tmp/event.json
    ./build.sh local invoke …      invokes a build without an emulator: EVENT.json --function FILE
    ./build.sh test [FILTER]       runs all tests and checks that a change must pass; or the tests whose
                                   TARGET.SUITE/TEST matches FILTER (a regular expression), or one check by its name
    ./build.sh invoke EVENT.json   runs one event, e.g. events/msk.json, in AWS's own runtime emulator; shows the first
                                   rows that it stores, and why records are quarantined
    ./build.sh torture [ROUNDS]    runs kills, faults, deadlines and bad input at length (500 rounds); prints a table
    ./build.sh bench [--long]      compares the function with the usual Python one, and measures it stage by stage
    ./build.sh fuzz [SECONDS]      sends random events under AddressSanitizer, 60 s per target
    ./build.sh deploy NAME=VALUE…  deploys into your AWS account; template.yaml lists the parameters. OwnBroker=true
                                   adds a Kafka broker, whose parameters are in Sources/Deployment/broker.yaml
    ./build.sh replay [s3://…]     replays batches that failed for good, from the stack's bucket or another one
    ./build.sh delete              deletes the stack and waits until it is deleted; its buckets are kept
    ./build.sh clean               removes build output (downloaded parts are kept)
    ./build.sh help                shows this text

Anything missing is installed (Debian packages with apt-get, the rest under .build/parts), and reported.
END
}

bold='' plain='' # https://no-color.org
if [[ -t 2 && -z ${NO_COLOR-} && ${TERM-dumb} != dumb ]]; then bold=$'\033[1m' plain=$'\033[0m'; fi
say() { printf '%s==> %s%s\n' "$bold" "$*" "$plain" >&2; }

# fail WHAT NEXT-STEP
fail() {
    printf 'build.sh: %s\n    Next: %s\n' "$1" "$2" >&2
    exit 1
}

log() { mkdir -p .build/logs; echo ".build/logs/$1.log"; }

# failed_step LOG WHAT
failed_step() {
    tail -n 20 "$(log "$1")" >&2
    local next
    next="see the lines above; the full log is $(log "$1")."
    # Compiler errors have nothing to do with the network.
    case $1 in
        apt | deploy | emulator | *venv) next+=" If the network was down, run this command again." ;;
    esac
    fail "$2" "$next"
}

# Temporary files of this run only. SwiftPM, Python and the tests put theirs there too, and all are removed with it.
# (Concurrent builds are kept apart by .build/.lock, not by the locks among SwiftPM's temporary files.)
make_work() {
    work=$(mktemp -d "${TMPDIR:-/tmp}/kafka-to-s3.XXXXXX")
    trap clear_work EXIT
    export TMPDIR=$work
}

clear_work() { rm -rf "$work"; }

clean() {
    say "Removing build output; .build/parts is kept (rm -r .build removes that as well)"
    find .build -mindepth 1 -maxdepth 1 ! -name parts -exec rm -rf {} + 2>/dev/null || true
}

for script in Sources/Build/*.sh; do
    # shellcheck source=/dev/null
    . "$script"
done
[[ ${BASH_SOURCE[0]} == "$0" ]] || return 0 # a test uses the functions

run=$command scripts=()
case $command in
    help | -h | --help) help && exit ;;
    clean) clean && exit ;;
    build) run=build_command ;;
    local) run=run_local ;;
    demo | invoke) scripts=(Tests/Demo/demo.sh) ;;
    test) run=run_tests scripts=(Tests/checks.sh) ;;
    torture) scripts=(Tests/checks.sh) ;;
    fuzz) scripts=(Tests/Fuzz/fuzz.sh) ;;
    bench) scripts=(Benchmarks/bench.sh) ;;
    deploy | replay | delete) scripts=(Sources/Deployment/account.sh "Sources/Deployment/$command.sh") ;;
    *)
        help >&2
        fail "unknown command '$command'." "choose one from the list above."
        ;;
esac
make_work
for script in ${scripts[@]+"${scripts[@]}"}; do
    # shellcheck source=/dev/null
    . "$script"
done
"$run" "${@:2}"
