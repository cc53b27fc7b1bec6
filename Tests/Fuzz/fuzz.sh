# shellcheck shell=bash disable=SC2154 # root, parts and the like are build.sh's
#
# Sourced by build.sh.

# fuzz [SECONDS]: the targets under Tests/Fuzz, each for so long. What they find lies in .build/fuzz/found-*.
fuzz() {
    need c python
    local seconds=${1:-60} objects products=.build/fuzz/release
    mkdir -p .build/fuzz/{corpus,seeds,certificate-corpus,certificate-seeds,vector-corpus}
    say "Compiling the fuzz targets with AddressSanitizer"
    FUZZ=1 swift build -c release --scratch-path .build/fuzz --target EventToObjects -j "$jobs" \
        -Xswiftc -sanitize=fuzzer,address -Xswiftc -enable-testing -Xcc -fsanitize=address,fuzzer-no-link
    # Only what the target needs has been compiled there.
    mapfile -t objects < <(find -H "$products" -name '*.o')
    # lld, since gold stumbles over the sanitizer's debug information.
    swiftc -sanitize=fuzzer,address -use-ld=lld -o .build/fuzz/event-to-objects "${objects[@]}" \
        -lcurl -lssl -lcrypto -lisal -ldeflate
    Tests/Fuzz/seeds.py .build/fuzz/seeds
    say "From the event to the objects, for $seconds s"
    .build/fuzz/event-to-objects -max_total_time="$seconds" -max_len=8192 -timeout=20 -print_final_stats=1 \
        -dict=Tests/Fuzz/event.dict -artifact_prefix=.build/fuzz/found- .build/fuzz/corpus .build/fuzz/seeds \
        >"$(log fuzz)" 2>&1 || failed_step fuzz "the fuzzer found an event that breaks the function (.build/fuzz/found-*)."
    sed -n 's/^\(Done.*\|stat::.*\)/    \1/p' "$(log fuzz)"

    products=.build/fuzz-certificates/release
    FUZZ=1 swift build -c release --scratch-path .build/fuzz-certificates --target CertificateBundles -j "$jobs" \
        -Xswiftc -sanitize=fuzzer,address -Xswiftc -enable-testing -Xcc -fsanitize=address,fuzzer-no-link
    mapfile -t objects < <(find -H "$products" -name '*.o')
    swiftc -sanitize=fuzzer,address -use-ld=lld -o .build/fuzz/certificate-bundles "${objects[@]}" -lssl -lcrypto
    Tests/Fuzz/certificate_seeds.py .build/fuzz/certificate-seeds
    say "Certificate bundles as OpenSSL reads them, for $seconds s"
    .build/fuzz/certificate-bundles -max_total_time="$seconds" -max_len=8192 -timeout=20 -print_final_stats=1 \
        -artifact_prefix=.build/fuzz/found- .build/fuzz/certificate-corpus .build/fuzz/certificate-seeds \
        >"$(log fuzz)" 2>&1 || failed_step fuzz "the fuzzer found a bundle that OpenSSL reads otherwise (.build/fuzz/found-*)."
    sed -n 's/^\(Done.*\|stat::.*\)/    \1/p' "$(log fuzz)"

    say "Every vector path against the plain one, for $seconds s"
    clang -g -O1 -fsanitize=fuzzer,address -fuse-ld=lld -ISources/CVector/include Tests/Fuzz/vector_paths.c \
        Sources/CVector/*.c -o .build/fuzz/vector-paths
    .build/fuzz/vector-paths -max_total_time="$seconds" -print_final_stats=1 -dict=Tests/Fuzz/json.dict \
        -artifact_prefix=.build/fuzz/found- .build/fuzz/vector-corpus >"$(log fuzz)" 2>&1 ||
        failed_step fuzz "two paths differ, or one reads too far (.build/fuzz/found-*)."
    sed -n 's/^\(Done.*\|stat::.*\)/    \1/p' "$(log fuzz)"
}
