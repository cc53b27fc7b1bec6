# shellcheck shell=bash disable=SC2154,SC2016,SC2119,SC2120 # out, arch and the like are build.sh's
#
# The function: compiled, checked and packaged. Sourced by build.sh.

zip_limit=5500000 # bytes

build_command() {
    need_to_build
    build
}

# need_to_build WHAT…: what build needs, unless it runs in a container, and WHAT as well, in one list.
need_to_build() {
    if can_build_here; then need build "$@"; else need "$@"; fi
}

build() {
    [[ $arch == x86_64 || $arch == arm64 ]] || fail "Lambda does not support $arch." "set ARCH to x86_64 or arm64."
    if can_build_here; then
        need_static_libraries
        build_binary
        package
    else
        build_in_container
    fi
    say "Built .build/lambda/bootstrap ($(size "$out/bootstrap") bytes) and" \
        ".build/lambda.zip ($(size "$out.zip") bytes) for $arch"
}

# The one place that knows how the deployed binary is made. Leaves it at $out/bootstrap.
build_binary() {
    say "Compiling the static release build of bootstrap"
    local product=$scratch/release/bootstrap
    # SwiftPM does not see that an archive or what the linker is told has changed.
    [[ $product -nt $static/recipe && $product -nt Sources/Build/unreached.c &&
        $product -nt Sources/Build/function.sh ]] || rm -f "$product"
    make_linker
    # -Xswiftc -L, since the linker takes -Xlinker -L only after the system's folders. Paths are mapped away, and
    # there is no build id, which they would be part of: the same source makes the same bytes in any folder.
    swift build -c release --product bootstrap --scratch-path "$scratch" -j "$jobs" \
        -Xswiftc -static-executable -Xswiftc -use-ld=lld -Xswiftc -ld-path="$scratch/ld.lld" \
        -Xswiftc -L"$static/lib" -Xcc -I"$static/include" \
        -Xswiftc -file-prefix-map -Xswiftc "$root=." -Xcc -ffile-prefix-map="$root=." \
        -Xlinker -lssl -Xlinker -lcrypto \
        -Xlinker --gc-sections -Xlinker --icf=safe -Xlinker --build-id=none -Xlinker --no-eh-frame-hdr \
        -Xlinker -T -Xlinker "$scratch/discard.ld"
    install -D -m 755 "$product" "$out/bootstrap.new"
    strip "$out/bootstrap.new"
    mv "$out/bootstrap.new" "$out/bootstrap"
}

# The linker takes what it is told in the order that it is told it, and swiftc names Swift's libraries before all that
# it is passed: hence a linker that first takes what stands in for parts of them.
make_linker() {
    local resources linker first=("$scratch/unreached.o")
    resources=$(swiftc -print-target-info | sed -n 's/.*"runtimeResourcePath": "\(.*\)".*/\1/p')
    mkdir -p "$scratch"
    gcc -Os -ffunction-sections -c -o "$scratch/unreached.o" Sources/Build/unreached.c
    # Whose function of the characters' names gives way to ours. Elsewhere in the archive, it would only be larger.
    ar p "${resources}_static/linux/libswiftCore.a" UnicodeScalarProps.cpp.o >"$scratch/scalars.o" 2>/dev/null &&
        [[ -s $scratch/scalars.o ]] &&
        objcopy --weaken-symbol=_swift_stdlib_getScalarName --remove-section=.llvm_addrsig "$scratch/scalars.o" &&
        first+=("$scratch/scalars.o")
    linker=$(dirname "$(dirname "$resources")")/bin/ld.lld
    [[ -x $linker ]] || linker=ld.lld
    printf '#!/bin/sh\nexec %s"$@"\n' "$(printf '%q ' "$linker" "${first[@]}")" >"$scratch/ld.lld"
    chmod +x "$scratch/ld.lld"
    # Swift's module hashes change with the folder that is compiled in; nothing reads them. Nor does anything unwind the
    # stack (Swift has no exceptions, the C++ in its runtime is built without, no thread is cancelled): that takes the
    # tables of a seventh of the binary.
    echo 'SECTIONS { /DISCARD/ : { *(.swift_modhash) *(.eh_frame) } } INSERT AFTER .text;' >"$scratch/discard.ld"
}

# check_binary FILE: it starts on Lambda's machines.
check_binary() {
    local machine headers
    machine=$(readelf -h "$1" | sed -n 's/^ *Machine: *//p')
    case $arch:$machine in
        x86_64:*X86-64 | arm64:AArch64) ;;
        *) fail "$1 is built for $machine and would not start on $arch, so it is not packaged." \
            "./build.sh clean, then ARCH=$arch ./build.sh" ;;
    esac
    headers=$(readelf -lVW "$1")
    [[ $headers != *INTERP* && $headers != *DYNAMIC* && $headers != *GLIBC_* ]] ||
        fail "$1 is not static, so it would not start on provided.al2." "look at readelf -lV $1"
}

# The licences of all that the binary holds.
notice() {
    local swift compiler log=$scratch/checkouts/swift-log
    swift=$(swiftc -print-target-info | sed -n 's/.*"runtimeResourcePath": "\(.*\)\/lib\/swift".*/\1/p')
    compiler=$(swiftc --version 2>/dev/null | sed -n 's/.*Swift version \([0-9.]*\).*/\1/p')
    cat <<END
bootstrap is linked statically. Apart from this project's own code it contains:

    Swift $compiler, swift-log
    curl $(version curl)
    OpenSSL $(version openssl)
    ISA-L $(version libisal)
    libdeflate $(installed libdeflate-dev)
    the GNU C library $(installed libc6-dev) and GCC's runtime libraries $(gcc -dumpfullversion)

The GNU C library is under the LGPL 2.1: you may replace it and link bootstrap again. The project's sources and its
build.sh, which links the C library of the system that it runs on, are all that is needed.
END
    notice_part Swift "$swift/share/swift/LICENSE.txt"
    notice_part swift-log "$log/LICENSE.txt" "$log/NOTICE.txt"
    notice_part curl "$static/licences/curl"
    notice_part OpenSSL "$static/licences/openssl"
    notice_part ISA-L "$static/licences/libisal"
    notice_part libdeflate /usr/share/doc/libdeflate-dev/copyright
    notice_part "GNU C library" /usr/share/doc/libc6-dev/copyright /usr/share/common-licenses/LGPL-2.1
    notice_part "GCC runtime libraries" "/usr/share/doc/gcc-$(gcc -dumpversion)-base/copyright"
}

installed() { dpkg-query -W -f '${Version}' "$1"; }

# notice_part NAME FILE…
notice_part() {
    printf '\n======== %s ========\n\n' "$1"
    cat "${@:2}"
}

# Same binary, same bytes: a fixed time in the zip, fixed modes, and no owner.
package() {
    check_binary "$out/bootstrap"
    notice >"$out/NOTICE"
    chmod 755 "$out/bootstrap"
    chmod 644 "$out/NOTICE"
    rm -f "$out.zip"
    (cd "$out" && export TZ=UTC && touch -d 1980-01-01T00:00:00Z bootstrap NOTICE &&
        zip -q -X -9 "$out.zip" bootstrap NOTICE)
    (($(size "$out.zip") <= zip_limit)) || fail "the zip has $(size "$out.zip") bytes, more than $zip_limit." \
        "look for what was linked recently: nm --size-sort $scratch/release/bootstrap"
}

size() { wc -c <"$1" | tr -d ' '; }

can_build_here() {
    local machine
    machine=$(uname -m)
    [[ $(uname -s) == Linux && ${machine/aarch64/arm64} == "$arch" ]] && hash dpkg-query apt-get 2>/dev/null
}

# The same build where this machine cannot do it: another Linux, a Mac, or the other architecture.
build_in_container() {
    local engine found=
    for engine in docker podman; do
        "$engine" info >/dev/null 2>&1 && found=$engine && break
    done
    [[ $found ]] || fail "this machine ($(uname -sm)) cannot build for Lambda's $arch, and no Docker or Podman runs \
on it." \
        "install one of them, or run this on Debian or Ubuntu on $arch."
    say "Building for $arch in $swift_image with $found"
    rm -f "$out/bootstrap" "$out.zip"
    # Whoever owns the folder keeps owning what is built in it.
    "$found" run --rm --platform "linux/${arch/x86_64/amd64}" --volume "$root:/kafka-to-s3" --workdir /kafka-to-s3 \
        --env "ARCH=$arch" "$swift_image" \
        bash -c './build.sh build; code=$?; chown -R --reference=build.sh .build; exit $code' ||
        fail "the build in $swift_image failed." "see the lines above."
}

