# shellcheck shell=bash disable=SC2154,SC2016,SC2046 # root, parts and the like are build.sh's
#
# What must hold before a change is accepted. Sourced by build.sh.

# In the order in which they are run: what is cheap and finds most first. Each has a function check_NAME.
checks=(format tidy foundation zip scripts parts template samples tests demo batches deployments account queries walk
    events peer costs readme)

# run_tests [FILTER]: all checks; or the one of that name; or the tests that the filter finds.
run_tests() {
    (($# < 2)) || fail "test takes one filter." "./build.sh test 'RetryTests|DeadlineTests'"
    need parts test build local
    need_parts
    build
    build_local
    local filter=${1-} check tests=
    if [[ -n $filter ]]; then
        if declare -F "check_$filter" >/dev/null; then "check_$filter"; else swift_tests "$filter"; fi
        return
    fi
    local started seconds=
    for check in "${checks[@]}"; do
        started=$SECONDS
        "check_$check"
        ((SECONDS - started < 10)) || seconds+=", $check $((SECONDS - started))"
    done
    say "All checks passed; $tests"
    say "Seconds of those that took ten or more: ${seconds#, }; $SECONDS in all"
}

# What swift build and swift test of the tests have in common, so that neither compiles again what the other has.
swift_test() { WARNINGS_AS_ERRORS=1 TEST_PARTS=$parts BOOTSTRAP=$out/bootstrap LOCAL=$tool swift "$@"; }

# swift_tests [FILTER]: leaves in $tests how many ran.
swift_tests() {
    local failed=
    say "Compiling the tests"
    swift_test build --build-tests -j "$jobs" || fail "the tests do not compile." "see the lines above."
    say "Running the tests${1:+ that match '$1'}"
    if [[ -n ${1-} ]]; then
        swift_test test --skip-build --filter "$1" 2>&1 | tee "$(log test)" || failed=yes
    else
        all_tests || failed=yes
    fi
    ! grep -q "Test run with 0 tests" "$(log test)" || fail \
        "no test matches '${1-}', nor is it one of the checks." \
        "swift test list shows the tests; the checks are ${checks[*]}"
    tests=$(awk '/Test run with .* passed after/ { sub(/.*Test run with /, ""); tests += $1; suites += $4 }
        END { print tests " tests in " suites " suites passed" }' "$(log test)")
    [[ -z $failed && $tests != " "* ]] || fail "tests failed." "grep -n recorded .build/logs/test.log shows which."
}

# Most tests wait, for programs and servers, and Swift Testing runs no more of them at a time than there are processors.
# So those that compute, and those that run whole pipelines, have a run of their own beside the others.
all_tests() {
    local computing='^(IngestionTests|JSONTests|AWSSigningTests|TrustedCertificatesTests|RecordShapeTests)\.' status=0
    local pipelines='^(PipelineTests|TableTests)\.'
    swift_test test --skip-build --ignore-lock --filter "$computing" >"$(log computing)" 2>&1 &
    local first=$!
    swift_test test --skip-build --ignore-lock --filter "$pipelines" >"$(log pipelines)" 2>&1 &
    local second=$!
    swift_test test --skip-build --ignore-lock --skip "$computing|$pipelines" 2>&1 | tee "$(log test)" || status=$?
    wait "$first" || status=$?
    wait "$second" || status=$?
    tee -a "$(log test)" < <(cat "$(log computing)" "$(log pipelines)")
    return "$status"
}

# A filter with a slip in it must not look as if all were well.
check_tests() {
    swift_tests
    local passed=$tests
    if (swift_tests NothingIsCalledThis) >"$(log filter)" 2>&1 || ! grep -q "no test matches" "$(log filter)"; then
        fail "./build.sh test does not fail where its filter matches nothing." "see .build/logs/filter.log"
    fi
    tests=$passed
}

check_scripts() {
    say "Checking the scripts"
    find build.sh .ci/run Sources Tests Benchmarks -type f '(' -name '*.sh' -o -name run ')' -exec shellcheck {} + ||
        fail "scripts are not clean." "see the lines above."
    say "Building where something is missing, and in a folder with a space in its name"
    "$python" Tests/Build/commands.py || fail "build.sh does not do what it should." "see the lines above."
}

check_parts() {
    say "Checking that the tests' own Glue and reader are as strict as AWS's"
    "$python" Tests/TableTests/parts.py || fail "a test part is not what tests take it for." "see the lines above."
}

check_tidy() {
    say "Looking for what is long, unused or in no target"
    "$python" Tests/Tidy/finds.py || fail "the tidy check overlooks what it should find." "see the lines above."
    "$python" Tests/Tidy/tidy.py || fail "the tree is not tidy." "see the lines above."
}

# swift format comes with Swift. Another version may put lines otherwise, and none of them is wrong for that.
check_format() {
    say "Checking the format of the Swift files"
    local files=(Package.swift Sources Tests Benchmarks)
    if [[ $(swift format --version) != 6.3* ]]; then
        say "SKIPPED: the files are formatted by Swift 6.3's swift format, and this is another version's"
    else
        swift format lint --strict --parallel --recursive "${files[@]}" ||
            fail "Swift files are not formatted." "swift format --in-place --recursive ${files[*]}"
    fi
}

check_demo() {
    say "Drawing what the demo shows on terminals of several sizes"
    "$python" Tests/Demo/screens.py || fail "the demo does not fit its terminal." "see the lines above."
    say "Running the demo, and ending it with Ctrl-C"
    "$python" Tests/Demo/interrupted.py "$out.zip" "$tool"
}

check_batches() {
    say "Ingesting the sample batches"
    "$python" Tests/Demo/demo.py "$out.zip"
}

check_deployments() {
    say "Deploying the template with each way to Kafka"
    "$python" Tests/Demo/deployments.py "$out.zip"
}

check_account() {
    say "Deploying and deleting in an account that is not there"
    "$python" Tests/Deployment/commands.py
}

check_queries() {
    say "Asking the saved queries of what is stored with each partitioning"
    "$python" Tests/Deployment/saved_queries.py "$out.zip"
}

check_walk() {
    say "Deploying with ./build.sh deploy, as the README's walk does"
    command -v aws >/dev/null || environment aws-venv Sources/Deployment/requirements.txt
    "$python" Tests/Demo/walk.py
}

check_events() {
    say "Invoking single events under the runtime emulator"
    local event
    for event in msk self-managed awkward empty; do
        if ! "$python" Tests/Demo/invoke.py "$parts/aws-lambda-rie" "$out/bootstrap" "events/$event.json" \
            >"$(log invoke)" 2>&1; then
            cat "$(log invoke)" >&2
            fail "events/$event.json is not ingested." "./build.sh invoke events/$event.json"
        fi
    done
}

check_peer() {
    say "Checking that the benchmark's Python function loses nothing"
    "$python" Tests/Demo/peer.py || fail "the comparison is not an honest one." "look at Benchmarks/python/app.py."
}

# Foundation would add 9 MB to the binary and tens of milliseconds to each cold start.
check_foundation() {
    say "Checking that bootstrap links no Foundation"
    local names
    names=$(nm "$scratch/release/bootstrap" | grep Foundation || true) # the same binary, before it was stripped
    if [[ -n $names ]]; then
        printf '%s\n' "${names:0:1000}" >&2
        fail "bootstrap links Foundation (see the names above)." \
            "look for 'import Foundation' under Sources, and in packages added lately."
    fi
}

check_zip() {
    say "Checking that the zip is reproducible and holds what it should"
    local first
    first=$(sha256sum <"$out.zip")
    package
    [[ $(sha256sum <"$out.zip") == "$first" ]] || fail "packaging twice made two different zips." "look at package()."
    [[ $(unzip -Z1 "$out.zip" | xargs) == "bootstrap NOTICE" && $(unzip -Z "$out.zip" bootstrap) == -rwxr-xr-x* ]] ||
        fail "the zip does not hold an executable bootstrap and NOTICE alone." "unzip -Z $out.zip"
    if (arch=$([[ $arch == arm64 ]] && echo x86_64 || echo arm64) && check_binary "$out/bootstrap") 2>/dev/null; then
        fail "a binary for another processor would be packaged." "look at check_binary()."
    fi
    say "Running the binary in an empty root, with TLS and names of its own"
    "$python" Tests/Static/empty_root.py "$out/bootstrap" ||
        fail "the static binary does not do what it should." "see the lines above."
    say "Running it with every kind of TLS that it must speak"
    "$python" Tests/Static/kinds_of_tls.py "$out/bootstrap" || fail "OpenSSL lacks what a server needs." \
        "trim_openssl in Sources/Build/static-libraries.sh leaves too much out."
    say "Running it among name servers that are gone, silent, late or picky"
    "$python" Tests/Static/name_servers.py "$out/bootstrap" ||
        fail "a resolver breaks the function." "see the lines above."
    say "Measuring the start"
    "$python" Benchmarks/start.py "$out/bootstrap"
}

check_template() {
    environment sam-venv Tests/Template/requirements.txt
    say "Checking template.yaml, by itself and with the broker, with cfn-lint and sam validate"
    local template with_broker=$work/with-broker.json
    "$python" Sources/Deployment/template.py template.yaml Sources/Deployment/broker.yaml >"$with_broker"
    for template in template.yaml "$with_broker"; do
        "$parts/venv/bin/cfn-lint" "$template" || fail "${template##*/} is not clean." "see the lines above."
        SAM_CLI_TELEMETRY=0 AWS_DEFAULT_REGION=eu-central-1 "$parts/sam-venv/bin/sam" validate --lint -t "$template" ||
            fail "SAM does not take ${template##*/}." "see the lines above."
    done
    say "Checking what the template makes of its parameters, for each way to Kafka"
    "$python" Tests/Template/check.py ||
        fail "the template's resources are not what their services take." "see the lines above."
    say "Comparing the variables that are read, advised, documented and set"
    "$python" Tests/Template/variables.py ||
        fail "the lists of variables differ." "put the one right that is wrong (see the lines above)."
    say "Running the broker's user data in an empty root"
    "$python" Tests/Template/user_data.py ||
        fail "the broker's user data does not do what it should." "see the lines above."
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

# The tables of costs are what the script makes of its prices.
check_costs() {
    same_costs "a month" Benchmarks/README.md
    same_costs "the try-out" Sources/Deployment/README.md --try-out
}

# same_costs HEAD FILE OPTION…: FILE has the table that begins with HEAD as costs.py prints it.
same_costs() {
    diff <(Benchmarks/costs.py "${@:3}") <(grep -A100 "^| $1, in US" "$2" | sed '/^$/,$d') >&2 ||
        fail "a table of costs in $2 is not what Benchmarks/costs.py prints (> is $2's)." "put its output there."
}

# What the README tells people to type works, and its links lead somewhere. This command itself and the demo are not run
# once more.
check_readme() {
    say "Running the README's commands"
    local command file link
    # Those of the walk through an account were run by walk.py, in a local one.
    sed -e '/^## From an empty account/,/^## What it writes/d' README.md |
        sed -n '/^```sh$/,/^```$/{/^```/d;s/ *#.*//;p}' | while read -r command; do
        case $command in
            "./build.sh demo" | "./build.sh test"* | "") continue ;;
        esac
        bash -c "$command" >"$(log readme)" 2>&1 </dev/null ||
            { cat "$(log readme)" >&2 && fail "the README's command fails: $command" "put one of both right."; }
    done
    grep -rnoE --include=README.md --exclude-dir=.build '\]\([^)#]+' . | sed -E 's/:[0-9]+:]\(/ /' | grep -v ' http' |
        while read -r file link; do
            [[ -e $(dirname "$file")/$link ]] || fail "$file links to $link, which does not exist." "correct the link."
        done
    [[ $(wc -l <README.md) -le 160 ]] || fail "README.md has more than 160 lines." \
        "move details to the pages that it links to."
}

# --- At length ------------------------------------------------------------------------------------------------

# torture [ROUNDS]: what `test` runs shortened. TORTURE_SEED=… repeats a run whose seed was printed.
torture() {
    need parts build
    need_parts
    build
    say "Crashes (${1:-500} rounds), faults, deadlines, bad input, random histories"
    TORTURE_ROUNDS=${1:-500} MODEL_HISTORIES=100 WARNINGS_AS_ERRORS=1 TEST_PARTS=$parts BOOTSTRAP=$out/bootstrap \
        swift test -j "$jobs" --filter 'TortureTests|IngestionTests' 2>&1 | tee "$(log torture)" |
        grep --line-buffered -E '^(crash test|faults|deadline|model|[|])|recorded an issue|Test run with|error:' ||
        fail "the torture found something." \
            "see .build/logs/torture.log; TORTURE_SEED=SEED ./build.sh torture repeats it."
}
