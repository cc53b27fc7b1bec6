#!/usr/bin/env bash
# Builds, demonstrates and tests the function. ./build.sh help lists the commands.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
caller=$PWD
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

# The versions that the tests were written against.
boto3=boto3==1.43.106
python_packages=(ministack==1.5.33 "moto[server,s3,glue]==5.2.5" "$boto3" duckdb==2.0.0
    aws-sam-translator==1.115.0 cfn-lint==1.58.0)
sam_version=1.170.0
swift_version=$(sed -n '1s/.*: *//p' Package.swift)
swift_image=swift:$swift_version-bookworm # where the build cannot be done on this machine
zip_limit=5500000 # bytes

help() {
    cat <<END
Kafka to S3: an AWS Lambda function in Swift.

    ./build.sh                     builds .build/lambda/bootstrap and .build/lambda.zip; with ARCH=arm64 for Graviton
    ./build.sh demo [--follow]     runs the whole pipeline on this machine: broker, producer, mapping, function, a local
                                   AWS, SQL and a chart; with --follow records keep coming
    ./build.sh local ARGUMENT…     the developer's tool; ./build.sh local --help
    ./build.sh local event …       lines of JSON as a batch: --topic orders my.jsonl > /tmp/event.json
    ./build.sh local invoke …      events through the build, without an emulator: EVENT.json --function FILE
    ./build.sh test                everything that must hold before a change is accepted
    ./build.sh invoke EVENT.json   one event through AWS's own runtime emulator, e.g. events/msk.json; shows the first
                                   rows that it stores, and why records are quarantined
    ./build.sh torture [ROUNDS]    kills, faults, deadlines and bad input at length (500 rounds), with a table of faults
    ./build.sh bench [--long]      the function against the usual Python one, and stage by stage
    ./build.sh fuzz [SECONDS]      random events under AddressSanitizer, 60 s for each target
    ./build.sh deploy NAME=VALUE…  into your AWS account; the names are template.yaml's, e.g. OwnBroker=true
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

# --- What the commands need -----------------------------------------------------------------------------------

need_swift() {
    command -v swift >/dev/null || fail "there is no Swift compiler on this machine." \
        "install Swift $swift_version or later from https://www.swift.org/install/linux/ and run this command again."
    local found
    found=$(swift --version 2>/dev/null | sed -n 's/.*Swift version \([0-9]*\.[0-9]*\).*/\1/p' | head -1)
    [[ $(printf '%s\n' "$swift_version" "$found" | sort -V | head -1) == "$swift_version" ]] || fail "Swift $found is too old; $swift_version is needed." \
        "install a later one from https://www.swift.org/install/linux/."
}

# need_debian PACKAGE… installs those that are missing.
need_debian() {
    local missing=() package
    command -v dpkg-query >/dev/null || fail "this is not Debian or Ubuntu, so these cannot be installed for you: $*" \
        "run ./build.sh on Debian or Ubuntu, or in the official $swift_image image."
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

# For swift build and swift test, which link the system's shared libraries. The deployed binary has its own.
need_c_libraries() { need_debian libcurl4-openssl-dev libssl-dev libisal-dev libdeflate-dev; }

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

# --- The static libraries -------------------------------------------------------------------------------------
#
# provided.al2 has glibc 2.26 and none of our libraries, so the deployed bootstrap brings everything along. Debian's own
# libcurl.a cannot be linked statically (GSSAPI has no archive), and it and libcrypto.a hold much that is never used:
# curl and OpenSSL are built from Debian's source packages, a client of HTTP/1.1 and TLS 1.2 and 1.3 and no more, and so
# is ISA-L, of which Debian has no archive.
# glibc's own resolver looks names up, in a thread of libcurl's, as with Debian's libcurl. Since 2.34 it holds hosts and
# DNS itself, so that it needs no module of the glibc that is not there: Sources/CCurl/shim.h sees to that.

# Made again when this script, the compiler or the system's version of one of the libraries changes: whoever upgrades the
# system for a fix in OpenSSL gets it into the next build.
need_static_libraries() {
    need_c_libraries
    need_debian gcc libc6-dev make perl patch xz-utils dpkg-dev zip unzip binutils
    [[ $arch == arm64 ]] || need_debian nasm
    local recipe
    recipe=$({
        declare -f build_openssl build_curl build_isal fetch_source
        echo "$c_flags"
        cat Sources/CCurl/deployed.patch
        gcc --version
        dpkg-query -W libssl-dev libcurl4-openssl-dev libisal-dev libdeflate-dev
    } | sha256sum)
    [[ -f $static/recipe && $(<"$static/recipe") == "$recipe" ]] && return
    say "Fetching the sources of OpenSSL, curl and ISA-L from Debian"
    rm -rf "$static"
    mkdir -p "$static"/{lib,include,licences,source}
    fetch_source openssl
    fetch_source curl
    fetch_source libisal
    local started=$SECONDS
    say "Building OpenSSL $(version openssl), curl $(version curl) and ISA-L $(version libisal) into .build/static (two to four minutes, once)"
    build_openssl
    build_curl
    build_isal
    # Copies: with the system's folder on the linker's path it would find the libcurl.a there.
    cp "$(gcc -print-file-name=libdeflate.a)" "$static/lib"
    cp /usr/include/libdeflate.h "$static/include"
    # Swift's module hashes change with the folder that is compiled in; nothing reads them.
    echo 'SECTIONS { /DISCARD/ : { *(.swift_modhash) } } INSERT AFTER .text;' >"$static/discard.ld"
    rm -rf "$static/source"
    echo "$recipe" >"$static/recipe"
    say "Built the static libraries in $((SECONDS - started)) s"
}

version() { cat "$static/licences/$1.version"; }

# logged NAME WHAT COMMAND…: WHAT is what to say where the command fails.
logged() {
    local name=$1 what=$2
    shift 2
    "$@" >>"$(log "$name")" 2>&1 || failed_step "$name" "$what"
}

# fetch_source NAME: the newest Debian source package, unpacked to $static/source/NAME. apt checks its hashes against
# the signed index of the archives that this system is set up with; the system's own configuration is not changed.
fetch_source() {
    local name=$1 source=$static/source apt=$static/source/apt what="the source of $1 cannot be fetched."
    local own=(apt-get -q -o Dir::Etc::SourceList="$apt/sources.list" -o Dir::Etc::SourceParts=-
        -o Dir::State::Lists="$apt/lists" -o Dir::Cache="$apt/cache" -o APT::Sandbox::User=root)
    if [[ ! -d $apt ]]; then
        mkdir -p "$apt"/lists/partial "$apt"/cache/archives/partial
        apt-get indextargets --format 'deb-src $(REPO_URI) $(RELEASE) $(COMPONENT)|$(ORIGIN)' 'Created-By: Packages' |
            sed -nE 's/\|(Debian|Ubuntu)$//p' | sort -u >"$apt/sources.list"
        [[ -s $apt/sources.list ]] || fail "apt knows no Debian or Ubuntu archive." "apt-get update, as root."
        logged apt "the index of Debian's source packages cannot be fetched." "${own[@]}" update
    fi
    if env -C "$source" "${own[@]}" source --download-only --only-source "$name" >>"$(log apt)" 2>&1; then
        # All of Debian's changes but the last two of curl's, which only rename its GnuTLS and NSS flavours.
        logged apt "$what" dpkg-source --no-check --skip-patches -x "$source/${name}"_*.dsc "$source/$name"
        local patch
        for patch in $(grep -vE '^(#|$|90_gnutls|99_nss)' "$source/$name/debian/patches/series"); do
            logged apt "$name does not take Debian's $patch." patch -s -p1 -d "$source/$name" -i "debian/patches/$patch"
        done
        sed -n 's/^Version: //p' "$source/${name}"_*.dsc >"$static/licences/$name.version"
    else
        # Mirrors have been seen without the small file of Debian's changes. The upstream archive of the same version
        # stands in the same signed index, and its fixes are newer than any that could be built otherwise.
        say "This mirror lacks Debian's own changes to $name: building the upstream source of the same version"
        rm -f "$source/${name}"_*
        logged apt "$what" env -C "$source" "${own[@]}" source --download-only --only-source --tar-only "$name"
        mkdir "$source/$name"
        logged apt "$what" tar -xf "$source/${name}"_*.orig.tar.* -C "$source/$name" --strip-components=1
        basename "$source/${name}"_*.orig.tar.* | sed -E 's/.*_(.*)\.orig\.tar.*/\1/' >"$static/licences/$name.version"
    fi
}

# The linker can leave out what is not used only where each function has a section of its own. Small rather than fast:
# the part of OpenSSL that takes the time is assembler.
c_flags="-Os -fno-pic -fno-pie -ffunction-sections -fdata-sections"

# In a folder beside the source and with relative paths, as absolute ones would end in the binary.
build_openssl() {
    local target=linux-x86_64 build=$static/source/openssl-build what="OpenSSL cannot be built."
    [[ $arch == arm64 ]] && target=linux-aarch64
    local without=(shared pic module dso engine legacy tests autoload-config async comp ui-console filenames
        aria bf blake2 camellia cast cmac des idea md4 mdc2 ocb rc2 rc4 rmd160 scrypt seed siphash siv sm2 sm3 sm4 whirlpool
        dh dsa ec2m gost srp psk cmp cms ct ocsp rfc3779 ts dgram dtls srtp nextprotoneg multiblock
        ssl3 ssl-trace tls1 tls1_1)
    mkdir "$build"
    # SOURCE_DATE_EPOCH: OpenSSL writes the date of its build into its version.
    logged openssl "$what" env -C "$build" SOURCE_DATE_EPOCH=315532800 perl ../openssl/Configure "$target" \
        "${without[@]/#/no-}" enable-ec_nistp_64_gcc_128 --prefix=/usr --openssldir=/etc/ssl $c_flags
    logged openssl "$what" env SOURCE_DATE_EPOCH=315532800 \
        make -C "$build" -s -j"$jobs" build_generated libcrypto.a libssl.a
    cp "$build"/lib{ssl,crypto}.a "$static/lib"
    mkdir "$static/include/openssl"
    cp "$static"/source/openssl/include/openssl/*.h "$build"/include/openssl/*.h "$static/include/openssl"
    cp "$static/source/openssl/LICENSE.txt" "$static/licences/openssl"
}

# Proxies, and the words of its errors, stay: the deployed binary behaves as the dynamic build does. Not -Os, with which
# gcc copies by `rep movsb`: curl writes much of a request's head byte by byte, and that takes some thirty cycles each.
build_curl() {
    local build=$static/source/curl-build what="curl cannot be built." own=$root/Sources/CCurl/deployed.patch
    local disable=(shared dict file ftp gopher imap ldap ldaps mqtt pop3 rtsp smb smtp telnet tftp
        alt-svc crypto-auth doh hsts manual ntlm tls-srp websockets openssl-auto-load-config
        dependency-tracking)
    local without=(ca-bundle ca-path brotli gssapi libgsasl libidn2 libpsl librtmp libssh2 nghttp2 nghttp3 ngtcp2 zlib zstd)
    if patch -s -p1 --dry-run -d "$static/source/curl" -i "$own" >>"$(log curl)" 2>&1; then
        patch -s -p1 -d "$static/source/curl" -i "$own"
    else
        say "This curl does not take Sources/CCurl/deployed.patch, which makes it faster: building it without"
    fi
    mkdir "$build"
    # PKG_CONFIG=false: it would find the system's OpenSSL before the one built here.
    logged curl "$what" env -C "$build" PKG_CONFIG=false CC=gcc CFLAGS="${c_flags/-Os/-O2}" CPPFLAGS="-I$static/include" \
        LDFLAGS="-static -L$static/lib" ../curl/configure --enable-static --with-openssl="$static" \
        --enable-threaded-resolver --disable-ares \
        "${disable[@]/#/--disable-}" "${without[@]/#/--without-}"
    grep -q '#define USE_THREADS_POSIX 1' "$build/lib/curl_config.h" &&
        grep -q '#define USE_OPENSSL 1' "$build/lib/curl_config.h" ||
        failed_step curl "curl was configured without a threaded resolver or OpenSSL."
    logged curl "$what" make -C "$build/lib" -s -j"$jobs" libcurl.la
    cp "$build/lib/.libs/libcurl.a" "$static/lib"
    cp -r "$static/source/curl/include/curl" "$static/include"
    cp "$static/source/curl/COPYING" "$static/licences/curl"
}

# Only its gzip, for all kinds of processor at once: it looks for the best one's when it is first used.
build_isal() {
    local source=$static/source/libisal
    logged isal "ISA-L cannot be built." make -C "$source" -s -j"$jobs" -f Makefile.unx units=igzip CC=gcc \
        CFLAGS="${c_flags/-Os/-O2} -Iinclude -Iigzip -Icrc" DEBUG= DEBUG_nasm= lib
    cp "$source/bin/isa-l.a" "$static/lib/libisal.a"
    cp -r "$source/include" "$static/include/isa-l"
    cp "$source/LICENSE" "$static/licences/libisal"
}

# --- The commands ---------------------------------------------------------------------------------------------

# The one place that knows how the deployed binary is made. Leaves it at $out/bootstrap.
build_binary() {
    say "Compiling the static release build of bootstrap"
    local product=$scratch/release/bootstrap
    # SwiftPM does not see that an archive or a linker script has changed.
    [[ $product -nt $static/recipe ]] || rm -f "$product"
    # -Xswiftc -L, since the linker takes -Xlinker -L only after the system's folders. Paths are mapped away, and
    # there is no build id, which they would be part of: the same source makes the same bytes in any folder.
    swift build -c release --product bootstrap --scratch-path "$scratch" -j "$jobs" \
        -Xswiftc -static-executable -Xswiftc -use-ld=lld -Xswiftc -L"$static/lib" -Xcc -I"$static/include" \
        -Xswiftc -file-prefix-map -Xswiftc "$root=." -Xcc -ffile-prefix-map="$root=." \
        -Xlinker -lssl -Xlinker -lcrypto \
        -Xlinker --gc-sections -Xlinker --icf=safe -Xlinker --build-id=none -Xlinker -T -Xlinker "$static/discard.ld"
    install -D -m 755 "$product" "$out/bootstrap.new"
    strip "$out/bootstrap.new"
    mv "$out/bootstrap.new" "$out/bootstrap"
}

# check_binary FILE: it starts on Lambda's machines.
check_binary() {
    local machine headers
    machine=$(readelf -h "$1" | sed -n 's/^ *Machine: *//p')
    case $arch:$machine in
        x86_64:*X86-64 | arm64:AArch64) ;;
        *) fail "$1 is for $machine and would not start on $arch, so it is not packaged." "./build.sh clean, then ARCH=$arch ./build.sh" ;;
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
bootstrap is linked statically. Besides this project's own code it holds:

    Swift $compiler, swift-log
    curl $(version curl)
    OpenSSL $(version openssl)
    ISA-L $(version libisal)
    libdeflate $(installed libdeflate-dev)
    the GNU C library $(installed libc6-dev) and GCC's runtime libraries $(gcc -dumpfullversion)

The GNU C library is under the LGPL 2.1: you may replace it and link bootstrap again. The project's sources and its
build.sh, which links the C library of the system that it runs on, are what that takes.
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
        "look for what was linked lately: nm --size-sort $scratch/release/bootstrap"
}

size() { wc -c <"$1" | tr -d ' '; }

build() {
    [[ $arch == x86_64 || $arch == arm64 ]] || fail "Lambda has no $arch." "set ARCH to x86_64 or arm64."
    if can_build_here; then
        need_swift
        need_static_libraries
        build_binary
        package
    else
        build_in_container
    fi
    say "Built .build/lambda/bootstrap ($(size "$out/bootstrap") bytes) and .build/lambda.zip ($(size "$out.zip") bytes) for $arch"
}

can_build_here() {
    local machine
    machine=$(uname -m)
    [[ $(uname -s) == Linux && ${machine/aarch64/arm64} == "$arch" ]] && command -v dpkg-query apt-get >/dev/null
}

# The same build where this machine cannot do it: another Linux, a Mac, or the other architecture.
build_in_container() {
    local engine found=
    for engine in docker podman; do
        "$engine" info >/dev/null 2>&1 && found=$engine && break
    done
    [[ $found ]] || fail "this machine ($(uname -sm)) cannot build for Lambda's $arch, and no Docker or Podman runs on it." \
        "install one of them, or run this on Debian or Ubuntu on $arch."
    say "Building for $arch in $swift_image by $found"
    rm -f "$out/bootstrap" "$out.zip"
    # Whoever owns the folder keeps owning what is built in it.
    "$found" run --rm --platform "linux/${arch/x86_64/amd64}" --volume "$root:/kafka-to-s3" --workdir /kafka-to-s3 \
        --env "ARCH=$arch" "$swift_image" \
        bash -c './build.sh build; code=$?; chown -R --reference=build.sh .build; exit $code' ||
        fail "the build in $swift_image failed." "see the lines above."
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
    need_c_libraries
    check_no_foundation
    check_deployed
    check_template
    check_samples
    build_local
    say "Running the tests"
    local counts
    WARNINGS_AS_ERRORS=1 TEST_PARTS=$parts BOOTSTRAP=$out/bootstrap LOCAL=$tool swift test -j "$jobs" 2>&1 | tee "$(log test)" ||
        fail "tests failed." "grep -n recorded .build/logs/test.log shows which."
    counts=$(sed -n 's/.*\(Test run with .* passed after .*\)/\1/p' "$(log test)" | tail -1)
    say "Drawing what the demo shows on terminals of several sizes"
    "$python" Tests/Demo/screens.py || fail "the demo does not fit its terminal." "see the lines above."
    say "Running the demo"
    "$python" Tests/Demo/pipeline.py "$out.zip" "$tool"
    say "Ingesting the sample batches"
    "$python" Tests/Demo/demo.py "$out.zip"
    say "Deploying the template with each way to Kafka"
    "$python" Tests/Demo/deployments.py "$out.zip"
    say "Deploying and deleting in an account that is not there"
    need_debian shellcheck
    shellcheck Sources/Deployment/*.sh || fail "the deployment's scripts are not clean." "see the lines above."
    "$python" Tests/Deployment/commands.py
    say "Asking the saved queries of what is stored with each partitioning"
    "$python" Tests/Deployment/saved_queries.py "$out.zip"
    say "Deploying with ./build.sh deploy, as the README's walk does"
    "$python" Tests/Demo/walk.py
    say "Invoking single events under the runtime emulator"
    local event
    for event in msk self-managed awkward empty; do
        "$python" Tests/Demo/invoke.py "$parts/aws-lambda-rie" "$out/bootstrap" "events/$event.json" >"$(log invoke)" 2>&1 ||
            { cat "$(log invoke)" >&2 && fail "events/$event.json is not ingested." "./build.sh invoke events/$event.json"; }
    done
    say "Checking that the benchmark's Python function loses nothing"
    "$python" Tests/Demo/peer.py || fail "the comparison is not an honest one." "look at Benchmarks/python/app.py."
    check_costs
    check_readme
    say "All checks passed; $counts"
}

# Foundation would add 9 MB to the binary and tens of milliseconds to each cold start.
check_no_foundation() {
    say "Checking that bootstrap links no Foundation"
    local names
    names=$(nm "$scratch/release/bootstrap" | grep Foundation || true) # the same binary, before it was stripped
    if [[ -n $names ]]; then
        printf '%s\n' "${names:0:1000}" >&2
        fail "bootstrap links Foundation (see the names above)." \
            "look for 'import Foundation' under Sources, and in packages added lately."
    fi
}

check_deployed() {
    need_debian file util-linux openssl
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
    "$python" Tests/Static/empty_root.py "$out/bootstrap" || fail "the static binary does not do what it should." "see the lines above."
    say "Running it among name servers that are gone, silent, late or picky"
    "$python" Tests/Static/name_servers.py "$out/bootstrap" ||
        fail "a resolver breaks the function." "see the lines above."
    say "Measuring the start"
    "$python" Benchmarks/start.py "$out/bootstrap"
}

check_template() {
    say "Checking template.yaml with cfn-lint and sam validate"
    "$parts/venv/bin/cfn-lint" template.yaml || fail "template.yaml is not clean." "see the lines above."
    SAM_CLI_TELEMETRY=0 AWS_DEFAULT_REGION=eu-central-1 "$parts/sam-venv/bin/sam" validate --lint -t template.yaml ||
        fail "SAM does not take template.yaml." "see the lines above."
    say "Checking what the template makes of its parameters, for each way to Kafka"
    "$python" Tests/Template/check.py || fail "the template's resources are not what their services take." "see the lines above."
    say "Comparing the variables that are read, advised, documented and set"
    "$python" Tests/Template/variables.py || fail "the lists of variables differ." "put the one right that is wrong (see the lines above)."
    say "Running the broker's user data in an empty root"
    "$python" Tests/Template/user_data.py || fail "the broker's user data does not do what it should." "see the lines above."
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

# The README's tables of costs are what the script makes of its prices.
check_costs() {
    local head
    for head in "a month" "the try-out"; do
        diff <(Benchmarks/costs.py $([[ $head == *try-out ]] && echo --try-out)) \
            <(grep -A100 "^| $head, in US" README.md | sed '/^$/,$d') >&2 ||
            fail "a table of costs in the README is not what Benchmarks/costs.py prints (> is the README's)." "put its output there."
    done
}

# What the README tells people to type works. This command itself and the demo are not run once more.
check_readme() {
    say "Running the README's commands"
    local command
    # Those of the walk through an account were run by walk.py, in a local one.
    sed -e '/^## From an empty account/,/^## What it writes/d' README.md | sed -n '/^```sh$/,/^```$/{/^```/d;s/ *#.*//;p}' | while read -r command; do
        case $command in
            "./build.sh demo" | "./build.sh test" | "") continue ;;
        esac
        bash -c "$command" >"$(log readme)" 2>&1 </dev/null ||
            { cat "$(log readme)" >&2 && fail "the README's command fails: $command" "put one of both right."; }
    done
}

# --- At length ------------------------------------------------------------------------------------------------

# torture [ROUNDS]: what `test` runs shortened. TORTURE_SEED=… repeats a run whose seed was printed.
torture() {
    need_parts
    build
    say "Crashes (${1:-500} rounds), faults, deadlines, bad input, random histories"
    TORTURE_ROUNDS=${1:-500} MODEL_HISTORIES=100 WARNINGS_AS_ERRORS=1 TEST_PARTS=$parts BOOTSTRAP=$out/bootstrap \
        swift test -j "$jobs" --filter 'TortureTests|IngestionTests' 2>&1 | tee "$(log torture)" |
        grep --line-buffered -E '^(crash test|faults|deadline|model|[|])|recorded an issue|Test run with|error:' ||
        fail "the torture found something." "see .build/logs/torture.log; TORTURE_SEED=SEED ./build.sh torture repeats it."
}

# fuzz [SECONDS]: the targets under Tests/Fuzz, each for so long. What they find lies in .build/fuzz/found-*.
fuzz() {
    need_swift
    need_c_libraries
    local seconds=${1:-60} objects products=.build/fuzz/release
    mkdir -p .build/fuzz/{corpus,seeds,vector-corpus}
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

    say "Every vector path against the plain one, for $seconds s"
    clang -g -O1 -fsanitize=fuzzer,address -fuse-ld=lld -ISources/CVector/include Tests/Fuzz/vector_paths.c \
        Sources/CVector/*.c -o .build/fuzz/vector-paths
    .build/fuzz/vector-paths -max_total_time="$seconds" -print_final_stats=1 -dict=Tests/Fuzz/json.dict \
        -artifact_prefix=.build/fuzz/found- .build/fuzz/vector-corpus >"$(log fuzz)" 2>&1 ||
        failed_step fuzz "two paths differ, or one reads too far (.build/fuzz/found-*)."
    sed -n 's/^\(Done.*\|stat::.*\)/    \1/p' "$(log fuzz)"
}

# --- How fast it is -------------------------------------------------------------------------------------------

bench_packages=(awslambdaric==4.2.2 "$boto3" botocore==1.43.127)

# bench [--long]: writes Benchmarks/comparison.svg as well, which the README shows.
bench() {
    local venv=$parts/bench-venv wanted="${bench_packages[*]}"
    if [[ ! -f $venv/installed || $(<"$venv/installed") != "$wanted" ]]; then
        command -v python3 >/dev/null || need_debian python3
        python3 -c 'import ensurepip, venv' 2>/dev/null || need_debian python3-venv
        say "Installing from PyPI into .build/parts/bench-venv: $wanted"
        rm -rf "$venv"
        mkdir -p "$parts"
        python3 -m venv "$venv"
        "$venv/bin/pip" install --quiet --disable-pip-version-check "${bench_packages[@]}" >"$(log bench)" 2>&1 ||
            failed_step bench "pip could not install the Python function's packages."
        echo "$wanted" >"$venv/installed"
    fi
    build
    need_c_libraries
    say "Compiling the stages"
    swift build -c release --product Stages -j "$jobs"
    say "Measuring; nothing else should run meanwhile"
    python3 Benchmarks/compare.py "$out/bootstrap" "$venv/bin/python" \
        "$(swift build -c release --show-bin-path)/Stages" "$@"
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
    torture) shift && torture "$@" ;;
    fuzz) shift && fuzz "$@" ;;
    bench) shift && bench "$@" ;;
    deploy | replay | delete)
        command=$1
        shift
        . Sources/Deployment/account.sh
        . "Sources/Deployment/$command.sh"
        "$command" "$@"
        ;;
    clean) clean ;;
    *)
        help >&2
        fail "there is no command '$1'." "choose one from the list above."
        ;;
esac
