#!/usr/bin/env bash
# shellcheck disable=SC2034 # the scripts that this one reads use what is set here
#
# Builds, demonstrates and tests the function. ./build.sh help lists the commands; what they do stands in Sources/Build,
# Sources/Deployment, Tests and Benchmarks.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
caller=$PWD
command=${1-build}
cd "$root"

parts=$root/.build/parts      # what tests and the demo need besides Swift; shared by all commands
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

    ./build.sh                     builds .build/lambda/bootstrap and .build/lambda.zip; with ARCH=arm64 for Graviton
    ./build.sh demo [--follow]     runs the whole pipeline on this machine: broker, producer, mapping, function, a local
                                   AWS, SQL and a chart; with --follow records keep coming
    ./build.sh local ARGUMENT…     the developer's tool; ./build.sh local --help
    ./build.sh local event …       lines of JSON as a batch: --topic orders my.jsonl > /tmp/event.json
    ./build.sh local invoke …      events through the build, without an emulator: EVENT.json --function FILE
    ./build.sh test [FILTER]       everything that must hold before a change is accepted; or the tests that FILTER (a
                                   regular expression) finds in TARGET.SUITE/TEST, or one of the checks by its name
    ./build.sh invoke EVENT.json   one event through AWS's own runtime emulator, e.g. events/msk.json; shows the first
                                   rows that it stores, and why records are quarantined
    ./build.sh torture [ROUNDS]    kills, faults, deadlines and bad input at length (500 rounds), with a table of faults
    ./build.sh bench [--long]      the function against the usual Python one, and stage by stage
    ./build.sh fuzz [SECONDS]      random events under AddressSanitizer, 60 s for each target
    ./build.sh deploy NAME=VALUE…  into your AWS account; the names are the parameters of template.yaml. OwnBroker=true
                                   brings a Kafka broker along, with those of Sources/Deployment/broker.yaml
    ./build.sh replay [s3://…]     batches that failed for good, from the stack's bucket or another one, once more
    ./build.sh delete              the stack, and waits for what takes its time; its buckets stay
    ./build.sh clean               removes what was built (the parts fetched from elsewhere stay)
    ./build.sh help                this text

Each command installs what it lacks (Debian packages with apt-get; the rest under .build/parts) and says so.
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
    next="see the lines above; all of them are in $(log "$1")."
    # What compilers complain of has nothing to do with the network.
    case $1 in
        apt | deploy | emulator | *venv) next+=" If the network was away, run this command again." ;;
    esac
    fail "$2" "$next"
}

# Files of this run alone. SwiftPM, Python and the tests leave theirs there too, and all of them go with it. (What keeps
# two builds apart is .build/.lock, not the locks that SwiftPM has among its temporary files.)
make_work() {
    work=$(mktemp -d "${TMPDIR:-/tmp}/kafka-to-s3.XXXXXX")
    trap clear_work EXIT
    export TMPDIR=$work
}

clear_work() { rm -rf "$work"; }

clean() {
    say "Removing what was built; .build/parts stays (rm -r .build removes that as well)"
    find .build -mindepth 1 -maxdepth 1 ! -name parts -exec rm -rf {} + 2>/dev/null || true
}

for script in Sources/Build/*.sh; do
    # shellcheck source=/dev/null
    . "$script"
done
[[ ${BASH_SOURCE[0]} == "$0" ]] || return 0 # a test wants the functions

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
        fail "there is no command '$command'." "choose one from the list above."
        ;;
esac
make_work
for script in ${scripts[@]+"${scripts[@]}"}; do
    # shellcheck source=/dev/null
    . "$script"
done
"$run" "${@:2}"
