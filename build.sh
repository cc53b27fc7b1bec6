#!/usr/bin/env bash
# Builds, demonstrates and tests the function. ./build.sh help lists the commands.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
caller=$PWD
cd "$root"

parts=$root/.build/parts      # what tests and the demo need besides Swift; shared by all commands
out=$root/.build/lambda       # what gets deployed
python=$parts/venv/bin/python
jobs=${JOBS:-$(nproc 2>/dev/null || echo 2)}

# The versions that the tests were written against.
python_packages=(ministack==1.5.33 "moto[server,s3,glue]==5.2.5" boto3==1.43.106 duckdb==2.0.0
    aws-sam-translator==1.115.0 cfn-lint==1.58.0)
sam_version=1.170.0

help() {
    cat <<END
Kafka to S3: an AWS Lambda function in Swift.

    ./build.sh                     builds .build/lambda/bootstrap and .build/lambda.zip
    ./build.sh demo [--follow]     runs the whole pipeline on this machine: broker, producer, mapping, function, a local
                                   AWS, SQL and a chart; with --follow records keep coming
    ./build.sh local ARGUMENT…     the developer's tool; ./build.sh local --help
    ./build.sh test                everything that must hold before a change is accepted
    ./build.sh invoke EVENT.json   one event through AWS's own runtime emulator, e.g. events/msk.json
    ./build.sh clean               removes what was built (the parts fetched from elsewhere stay)
    ./build.sh help                this text

Each command installs what it lacks (Debian packages with apt-get; the rest under .build/parts) and says so.
END
}

say() { printf '\033[1m==> %s\033[0m\n' "$*" >&2; }

# fail WHAT NEXT-STEP
fail() {
    printf 'build.sh: %s\n    Next: %s\n' "$1" "$2" >&2
    exit 1
}

# --- What the commands need -----------------------------------------------------------------------------------

need_swift() {
    command -v swift >/dev/null || fail "there is no Swift compiler on this machine." \
        "install Swift 6.2 or later from https://www.swift.org/install/linux/ and run this command again."
    local found
    found=$(swift --version 2>/dev/null | sed -n 's/.*Swift version \([0-9]*\.[0-9]*\).*/\1/p' | head -1)
    [[ $(printf '%s\n' 6.2 "$found" | sort -V | head -1) == 6.2 ]] || fail "Swift $found is too old; 6.2 is needed." \
        "install a later one from https://www.swift.org/install/linux/."
}

# need_debian PACKAGE… installs those that are missing.
need_debian() {
    local missing=() package
    command -v dpkg-query >/dev/null || fail "this is not Debian or Ubuntu, so these cannot be installed for you: $*" \
        "run ./build.sh on Debian or Ubuntu, or in the official swift:6.2-bookworm image."
    for package; do
        [[ $(dpkg-query -W -f '${Status}' "$package" 2>/dev/null) == "install ok installed" ]] || missing+=("$package")
    done
    ((${#missing[@]})) || return 0
    say "Installing from Debian: ${missing[*]}"
    local run=(env DEBIAN_FRONTEND=noninteractive)
    if ((EUID)); then
        command -v sudo >/dev/null || fail "${missing[*]} must be installed by root, and there is no sudo." \
            "as root: apt-get install ${missing[*]}"
        run=(sudo "${run[@]}")
    fi
    { "${run[@]}" apt-get install -qq -y --no-install-recommends "${missing[@]}" ||
        { "${run[@]}" apt-get update -qq && "${run[@]}" apt-get install -qq -y --no-install-recommends "${missing[@]}"; }
    } >"$(log apt)" 2>&1 || failed_step apt "apt-get could not install ${missing[*]}."
}

need_c_libraries() { need_debian libcurl4-openssl-dev libssl-dev libdeflate-dev zip binutils; }

# need_parts: a Python environment with the local AWS, and AWS's runtime emulator beside it.
need_parts() {
    mkdir -p "$parts"
    local stamp="$parts/venv/installed" wanted="${python_packages[*]}"
    if [[ ! -f $stamp || $(<"$stamp") != "$wanted" ]]; then
        command -v python3 >/dev/null || need_debian python3
        python3 -c 'import ensurepip, venv' 2>/dev/null || need_debian python3-venv
        say "Installing from PyPI into .build/parts/venv: $wanted"
        rm -rf "$parts/venv"
        python3 -m venv "$parts/venv"
        "$parts/venv/bin/pip" install --quiet --disable-pip-version-check "${python_packages[@]}" \
            >"$(log pip)" 2>&1 || failed_step pip "pip could not install the Python packages."
        echo "$wanted" >"$stamp"
    fi
    [[ -x $parts/aws-lambda-rie ]] || install_emulator
    command -v openssl >/dev/null || need_debian openssl # makes the local AWS's certificate
}

# The Runtime Interface Emulator comes inside AWS SAM's wheel; SAM itself is not installed.
install_emulator() {
    local machine wheels=$parts/wheels
    case $(uname -m) in
        x86_64) machine=x86_64 ;;
        aarch64 | arm64) machine=arm64 ;;
        *) fail "AWS has no runtime emulator for $(uname -m)." "use an x86_64 or arm64 machine." ;;
    esac
    say "Fetching AWS's runtime emulator for $machine (from the wheel of aws-sam-cli $sam_version)"
    "$parts/venv/bin/pip" download --quiet --disable-pip-version-check --no-deps --only-binary :all: \
        --dest "$wheels" "aws-sam-cli==$sam_version" >"$(log rie)" 2>&1 ||
        failed_step rie "pip could not download aws-sam-cli."
    "$python" - "$wheels" "samcli/local/rapid/aws-lambda-rie-$machine" "$parts/aws-lambda-rie" <<'PYTHON'
import glob, os, sys, zipfile
wheels, member, target = sys.argv[1:]
with zipfile.ZipFile(glob.glob(wheels + "/aws_sam_cli-*.whl")[0]) as wheel, open(target + ".part", "wb") as file:
    file.write(wheel.read(member))
os.chmod(target + ".part", 0o755)
os.rename(target + ".part", target)
PYTHON
    rm -rf "$wheels"
}

# SAM itself, for its own check of the template: in an environment apart, since it pins older versions of the rest.
need_sam() {
    local stamp=$parts/sam-venv/installed
    [[ -f $stamp && $(<"$stamp") == "$sam_version" ]] && return
    say "Installing aws-sam-cli $sam_version from PyPI into .build/parts/sam-venv"
    rm -rf "$parts/sam-venv"
    python3 -m venv "$parts/sam-venv"
    "$parts/sam-venv/bin/pip" install --quiet --disable-pip-version-check "aws-sam-cli==$sam_version" \
        >"$(log sam)" 2>&1 || failed_step sam "pip could not install aws-sam-cli."
    echo "$sam_version" >"$stamp"
}

log() { mkdir -p .build/logs; echo ".build/logs/$1.log"; }

failed_step() {
    tail -n 20 "$(log "$1")" >&2
    fail "$2" "see the lines above (all of them are in $(log "$1")); if the network was away, run this command again."
}

# --- The commands ---------------------------------------------------------------------------------------------

# The one place that knows how the deployed binary is made. Leaves it at $out/bootstrap.
build_binary() {
    say "Compiling the release build of bootstrap"
    swift build -c release --product bootstrap -j "$jobs"
    install -D -m 755 "$(swift build -c release --show-bin-path)/bootstrap" "$out/bootstrap.new"
    strip "$out/bootstrap.new"
    mv "$out/bootstrap.new" "$out/bootstrap"
}

# Same binary, same bytes: a fixed time in the zip, and no owner.
package() {
    rm -f "$out.zip"
    (cd "$out" && TZ=UTC touch -d 1980-01-01T00:00:00Z bootstrap && TZ=UTC zip -q -X -9 "$out.zip" bootstrap)
}

build() {
    need_swift
    need_c_libraries
    build_binary
    package
    say "Built .build/lambda/bootstrap ($(stat -c %s "$out/bootstrap") bytes) and .build/lambda.zip ($(stat -c %s "$out.zip") bytes)"
}

# The developer's tool; it alone needs librdkafka.
build_local() {
    need_swift
    need_c_libraries
    need_debian librdkafka-dev
    say "Compiling the developer's tool"
    swift build -c release --product local -j "$jobs"
    tool=$(swift build -c release --show-bin-path)/local
}

demo() {
    [[ $# == 0 || "$*" == --follow ]] || fail "demo takes --follow or nothing." "./build.sh demo --follow"
    need_parts
    build
    build_local
    "$python" Tests/Demo/pipeline.py "$out.zip" "$tool" "$@"
}

run_local() {
    build_local >&2
    cd "$caller"
    exec "$tool" "$@"
}

invoke() {
    [[ $# == 1 ]] || fail "invoke takes one event." "./build.sh invoke events/msk.json"
    local event=$1
    [[ $event == /* ]] || event=$caller/$event
    [[ -f $event ]] || fail "there is no file $event." "give the path of an event, e.g. events/msk.json"
    need_parts
    build
    "$python" Tests/Demo/invoke.py "$parts/aws-lambda-rie" "$out/bootstrap" "$event"
}

test_all() {
    need_parts
    need_sam
    build
    check_no_foundation
    check_template
    check_samples
    build_local
    say "Running the tests"
    local counts
    WARNINGS_AS_ERRORS=1 TEST_PARTS=$parts BOOTSTRAP=$out/bootstrap LOCAL=$tool swift test -j "$jobs" 2>&1 | tee "$(log test)" ||
        fail "tests failed." "grep -n recorded .build/logs/test.log shows which."
    counts=$(sed -n 's/.*\(Test run with .* passed after .*\)/\1/p' "$(log test)" | tail -1)
    say "Running the demo"
    "$python" Tests/Demo/pipeline.py "$out.zip" "$tool"
    say "Ingesting the sample batches"
    "$python" Tests/Demo/demo.py "$out.zip"
    say "Deploying the template with each way to Kafka"
    "$python" Tests/Demo/deployments.py "$out.zip"
    say "Invoking single events under the runtime emulator"
    local event
    for event in msk self-managed awkward empty; do
        "$python" Tests/Demo/invoke.py "$parts/aws-lambda-rie" "$out/bootstrap" "events/$event.json" >"$(log invoke)" 2>&1 ||
            { cat "$(log invoke)" >&2 && fail "events/$event.json is not ingested." "./build.sh invoke events/$event.json"; }
    done
    check_readme
    say "All checks passed; $counts"
}

# Foundation would add 9 MB to the binary and tens of milliseconds to each cold start.
check_no_foundation() {
    say "Checking that bootstrap links no Foundation"
    local binary names
    binary=$(swift build -c release --show-bin-path)/bootstrap   # the same one, before its symbols were stripped
    names=$({ readelf -d "$binary"; nm "$binary"; nm -D "$binary"; } 2>/dev/null | grep -i foundation || true)
    if [[ -n $names ]]; then
        printf '%s\n' "${names:0:1000}" >&2
        fail "bootstrap links Foundation (see the names above)." \
            "look for 'import Foundation' under Sources, and in packages added lately."
    fi
}

check_template() {
    say "Checking template.yaml with cfn-lint and sam validate"
    "$parts/venv/bin/cfn-lint" template.yaml || fail "template.yaml is not clean." "see the lines above."
    SAM_CLI_TELEMETRY=0 AWS_DEFAULT_REGION=eu-central-1 "$parts/sam-venv/bin/sam" validate --lint -t template.yaml ||
        fail "SAM does not take template.yaml." "see the lines above."
}

# The committed batches are what their scripts make: neither was changed without the other.
check_samples() {
    say "Checking that the sample batches are what their scripts make"
    local command file
    events/make-awkward.py | cmp - events/awkward.json ||
        fail "events/awkward.json is not what make-awkward.py writes." "events/make-awkward.py > events/awkward.json"
    while read -r command; do
        file=${command##*> }
        bash -c "${command% > *}" | cmp - "$file" || fail "$file is not what its script writes." "$command"
    done < <(sed -n '/^r"""/,/^"""/p' events/make-batch.py | sed -e ':a' -e '/\\$/{N;s/\\\n *//;ba' -e '}' |
        sed -n 's/^ *\(events\/make-batch.py.*> events\/.*\)$/\1/p')
}

# What the README tells people to type works. This command itself and the demo are not run once more.
check_readme() {
    say "Running the README's commands"
    local command
    sed -n '/^```sh$/,/^```$/{/^```/d;s/ *#.*//;p}' README.md | while read -r command; do
        case $command in
            "./build.sh demo" | "./build.sh test" | "") continue ;;
        esac
        bash -c "$command" >"$(log readme)" 2>&1 </dev/null ||
            { cat "$(log readme)" >&2 && fail "the README's command fails: $command" "put one of both right."; }
    done
}

clean() {
    say "Removing what was built; .build/parts stays (rm -r .build removes that as well)"
    find .build -mindepth 1 -maxdepth 1 ! -name parts -exec rm -rf {} + 2>/dev/null || true
}

case ${1-build} in
    help | -h | --help) help ;;
    build) build ;;
    demo) shift && demo "$@" ;;
    local) shift && run_local "$@" ;;
    test) test_all ;;
    invoke) shift && invoke "$@" ;;
    clean) clean ;;
    *)
        help >&2
        fail "there is no command '$1'." "choose one from the list above."
        ;;
esac
