# shellcheck shell=bash disable=SC2154 # root, parts and the like are build.sh's
#
# Sourced by build.sh.

# fuzz [SECONDS]: the targets under Tests/Fuzz, each for so long. What they find lies in .build/fuzz/found-*.
fuzz() {
    need c python
    local seconds=${1:-60}
    mkdir -p .build/fuzz/{corpus,seeds,certificate-corpus,certificate-seeds,vector-corpus}
    say "Compiling the fuzz targets with AddressSanitizer"
    compile_swift_target EventToObjects .build/fuzz event-to-objects -lcurl -lssl -lcrypto -lisal -ldeflate
    Tests/Fuzz/seeds.py .build/fuzz/seeds
    say "From the event to the objects, for $seconds s"
    fuzz_with event-to-objects "the fuzzer found an event that breaks the function" -max_len=8192 -timeout=20 \
        -dict=Tests/Fuzz/event.dict .build/fuzz/corpus .build/fuzz/seeds

    compile_swift_target CertificateBundles .build/fuzz-certificates certificate-bundles -lssl -lcrypto
    Tests/Fuzz/certificate_seeds.py .build/fuzz/certificate-seeds
    say "Certificate bundles as OpenSSL reads them, for $seconds s"
    fuzz_with certificate-bundles "the fuzzer found a bundle that OpenSSL reads otherwise" -max_len=8192 -timeout=20 \
        .build/fuzz/certificate-corpus .build/fuzz/certificate-seeds

    say "Every vector path against the plain one, for $seconds s"
    clang -g -O1 -fsanitize=fuzzer,address -fuse-ld=lld -ISources/CVector/include Tests/Fuzz/vector_paths.c \
        Sources/CVector/*.c -o .build/fuzz/vector-paths
    fuzz_with vector-paths "two paths differ, or one reads too far" -dict=Tests/Fuzz/json.dict .build/fuzz/vector-corpus
}

# compile_swift_target TARGET SCRATCH PROGRAM LIBRARY…: .build/fuzz/PROGRAM. Each target has a scratch folder of its
# own, so that only what it needs has been compiled there.
compile_swift_target() {
    local objects
    FUZZ=1 swift build -c release --scratch-path "$2" --target "$1" -j "$jobs" \
        -Xswiftc -sanitize=fuzzer,address -Xswiftc -enable-testing -Xcc -fsanitize=address,fuzzer-no-link
    mapfile -t objects < <(find -H "$2/release" -name '*.o')
    # lld, since gold stumbles over the sanitizer's debug information.
    swiftc -sanitize=fuzzer,address -use-ld=lld -o ".build/fuzz/$3" "${objects[@]}" "${@:4}"
}

# fuzz_with PROGRAM FAULT OPTION…: runs it for $seconds; FAULT is what to say if it finds something.
fuzz_with() {
    ".build/fuzz/$1" -max_total_time="$seconds" -print_final_stats=1 -artifact_prefix=.build/fuzz/found- "${@:3}" \
        >"$(log fuzz)" 2>&1 || failed_step fuzz "$2 (.build/fuzz/found-*)."
    sed -n 's/^\(Done.*\|stat::.*\)/    \1/p' "$(log fuzz)"
}
