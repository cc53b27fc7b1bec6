# shellcheck shell=bash disable=SC2154,SC2016,SC2013,SC2015,SC2086,SC2128,SC2178 # static, arch and so on are build.sh's
#
# The C libraries that bootstrap links statically. Sourced by build.sh.
#
# provided.al2 has glibc 2.26 and none of our libraries, so the deployed bootstrap brings everything along. Debian's own
# libcurl.a cannot be linked statically (GSSAPI has no archive), and it and libcrypto.a hold much that is never used:
# curl and OpenSSL are built from Debian's source packages, a client of HTTP/1.1 and TLS 1.2 and 1.3 and no more, and so
# is ISA-L, of which Debian has no archive.
# glibc's own resolver looks names up, in a thread of libcurl's, as with Debian's libcurl. Since 2.34 it holds hosts and
# DNS itself, so that it needs no module of the glibc that is not there: Sources/CCurl/shim.h sees to that.

# Made again when these functions, the compiler or the system's version of one of the libraries changes: whoever
# upgrades the system for a fix in OpenSSL gets it into the next build.
need_static_libraries() {
    local recipe
    recipe=$({
        declare -f build_openssl trim_openssl build_curl build_isal fetch_source
        echo "$c_flags"
        gcc --version
        dpkg-query -W libssl-dev libcurl4-openssl-dev libisal-dev libdeflate-dev
    } | sha256sum)
    [[ -f $static/recipe && $(<"$static/recipe") == "$recipe" ]] && return
    # The functions below fill $static, which is a folder apart until all of it is there.
    local finished=$static
    local static
    static=$(workshop "$finished.new")
    make_libraries
    echo "$recipe" >"$static/recipe"
    rm -rf "$finished"
    mkdir -p "$(dirname "$finished")"
    mv "$static" "$finished"
}

# workshop FOLDER: that folder, emptied, or a temporary one where FOLDER's path has a space or another sign of the
# shell's in it, which make and configure do not take.
workshop() {
    local beside=$1
    [[ $beside =~ ^[A-Za-z0-9/_.,+@-]+$ ]] || beside=$work/static
    [[ $beside =~ ^[A-Za-z0-9/_.,+@-]+$ ]] || fail "the C libraries cannot be built in $beside." \
        "TMPDIR=/tmp ./build.sh"
    rm -rf "$beside"
    mkdir -p "$beside"/{lib,include,licences,source}
    echo "$beside"
}

make_libraries() {
    say "Fetching the sources of OpenSSL, curl and ISA-L from Debian"
    fetch_source openssl
    fetch_source curl
    fetch_source libisal
    local started=$SECONDS
    say "Building OpenSSL $(version openssl), curl $(version curl) and ISA-L $(version libisal) into .build/static" \
        "(two to four minutes, once)"
    build_openssl
    build_curl
    build_isal
    # Copies: with the system's folder on the linker's path it would find the libcurl.a there.
    cp "$(gcc -print-file-name=libdeflate.a)" "$static/lib"
    cp /usr/include/libdeflate.h "$static/include"
    rm -rf "$static/source"
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
        aria bf blake2 camellia cast cmac des idea md4 mdc2 ocb rc2 rc4 rmd160 scrypt seed siphash siv sm2 sm3 sm4
        whirlpool dh dsa ec2m gost srp psk cmp cms ct ocsp rfc3779 ts dgram dtls srtp nextprotoneg multiblock
        ssl3 ssl-trace tls1 tls1_1)
    trim_openssl "$static/source/openssl/providers" "$static/source/openssl/crypto/evp"
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

# trim_openssl PROVIDERS EVP: leaves those algorithms that a client of TLS 1.2 and 1.3 needs in the tables of OpenSSL's
# providers and of its older interface. Each start copies these tables, entry by entry, into hash tables of names, which
# with all of them was a quarter of what init computed before the handshake. What is not in them is not offered to a
# server either: no key exchange or signature by curve 448, no AES-CCM and no SHA-3, which AWS does not use. Public keys
# are read from certificates only, so nothing else needs to be decoded, and nothing encoded. An OpenSSL that writes its
# tables in another way keeps them whole: bootstrap then is a little larger and slower to start.
trim_openssl() {
    cp -a "$1" "$1.whole"
    cp -a "$2" "$2.whole"
    local keep='null|md5|md5_sha1|sha(1|224|256|384|512)|hmac|mac_legacy_(hmac_signature|keymgmt)'
    keep+='|aes(128|256)(ecb|cbc|ctr|gcm)|chacha20_ossl_poly1305|kdf_(hkdf|tls1_3_kdf|tls1_prf)|drbg_ctr|seed_src'
    keep+='|(rsa|ecdsa|ed25519)_signature|rsa_asym_cipher|(ecdh|x25519)_keyexch|(rsa|rsapss|ec|x25519|ed25519)_keymgmt'
    KEEP=$keep perl -0777 -pi -e '
        s/^[ ]*(?:\{|ALGC?\()[ ]?PROV_NAMES_(?:[^(){}]|\(\))*?ossl_(\w+)_functions.*?[)}],\n/
            my $entry = $&; $1 =~ m{^(?:$ENV{KEEP})$} ? $entry : ""/gemsx' "$1/defltprov.c"
    sed -i -E '/#include "(encoders|stores)\.inc"/d' "$1/defltprov.c" "$1/baseprov.c"
    sed -i -E '/^DECODER/{/"(RSA|RSA-PSS|EC|ED25519|X25519|DER)", der, SubjectPublicKeyInfo/!d}' "$1/decoders.inc"
    sed -i -E '/^ *EVP_add_cipher(_alias)?\(/{/EVP_(aes_(128|256)_(ecb|cbc|ctr|gcm)|chacha20_poly1305)\(\)\);$/!d}' \
        "$2/c_allc.c"
    sed -i -E '/^ *EVP_add_digest\(/{/EVP_(md5|md5_sha1|sha(1|224|256|384|512))\(\)\);$/!d}' "$2/c_alld.c"
    if ! grep -q ossl_aes256gcm_functions "$1/defltprov.c" || grep -q ossl_aes256ccm_functions "$1/defltprov.c"; then
        say "OpenSSL $(version openssl) keeps all of its algorithms: its tables are not written as those of 3.0 are"
        rm -r "$1" "$2"
        mv "$1.whole" "$1"
        mv "$2.whole" "$2"
    fi
}

# Proxies and error messages stay: the deployed binary behaves as the dynamic build does. Not -Os, with which gcc copies
# by `rep movsb`, some thirty cycles per byte.
# curl prints the lines of a request's head byte by byte, by functions of mprintf.c and dynbuf.c: 84 instructions per
# byte when each file is compiled alone, 25 when the two are optimised together. With the thousand bytes of a Lambda
# role's session token that is much of what a request costs.
build_curl() {
    local build=$static/source/curl-build what="curl cannot be built." fast="${c_flags/-Os/-O2}"
    local together="${c_flags/-Os/-O3} -flto --param inline-unit-growth=400 --param max-inline-insns-auto=200"
    local disable=(shared dict file ftp gopher imap ldap ldaps mqtt pop3 rtsp smb smtp telnet tftp
        alt-svc crypto-auth doh hsts manual ntlm tls-srp websockets openssl-auto-load-config
        headers-api dependency-tracking)
    local without=(ca-bundle ca-path brotli gssapi libgsasl libidn2 libpsl librtmp libssh2 nghttp2 nghttp3 ngtcp2
        zlib zstd)
    mkdir "$build"
    # PKG_CONFIG=false: it would find the system's OpenSSL before the one built here.
    logged curl "$what" env -C "$build" PKG_CONFIG=false CC=gcc CFLAGS="$fast" CPPFLAGS="-I$static/include" \
        LDFLAGS="-static -L$static/lib" ../curl/configure --enable-static --with-openssl="$static" \
        --enable-threaded-resolver --disable-ares \
        "${disable[@]/#/--disable-}" "${without[@]/#/--without-}"
    grep -q '#define USE_THREADS_POSIX 1' "$build/lib/curl_config.h" &&
        grep -q '#define USE_OPENSSL 1' "$build/lib/curl_config.h" ||
        failed_step curl "curl was configured without a threaded resolver or OpenSSL."
    logged curl "$what" make -C "$build/lib" -s libcurl_la-mprintf.lo libcurl_la-dynbuf.lo CFLAGS="$together"
    logged curl "$what" make -C "$build/lib" -s -j"$jobs" libcurl.la
    # gcc's own optimiser, which leaves one object that any linker takes.
    logged curl "$what" gcc $together -r -flinker-output=nolto-rel -nostdlib -o "$build/curl.o" \
        -Wl,--whole-archive "$build/lib/.libs/libcurl.a"
    logged curl "$what" ar rcs "$static/lib/libcurl.a" "$build/curl.o"
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
