# shellcheck shell=bash disable=SC2154 # root, parts and the like are build.sh's
#
# What the commands need on this machine, and how it comes there. Sourced by build.sh.

oldest_swift=$(sed -n '1s/.*: *//p' Package.swift)
swift_image=swift:$oldest_swift-bookworm # where the build cannot be done on this machine

# For swift build and swift test, which link the shared libraries.
debian_c=(libcurl4-openssl-dev libssl-dev libisal-dev libdeflate-dev)
debian_build=("${debian_c[@]}" gcc libc6-dev make perl patch xz-utils dpkg-dev zip unzip binutils)
[[ $arch == arm64 ]] || debian_build+=(nasm)

# need WHAT…: looks for all of it before anything else is done, and installs the Debian packages that are missing.
# WHAT is build, local (the developer's tool), c, python, parts (what demo and tests run), test or fuzz.
need() {
    local wanted=() what problems=() steps=()
    for what; do
        case $what in
            build) wanted+=("${debian_build[@]}") ;;
            local) wanted+=("${debian_c[@]}" librdkafka-dev) ;;
            c) wanted+=("${debian_c[@]}") ;;
            python) python_packages ;;
            parts) python_packages && programs openssl openssl setpriv util-linux ;;
            test) programs file file unshare util-linux shellcheck shellcheck ;;
        esac
    done
    ((${#wanted[@]} == 0)) || hash dpkg-query apt-get 2>/dev/null || not_debian
    [[ " $* " =~ \ (build|local|c)\  ]] && look_for_swift
    local missing=()
    look_for_packages
    if ((${#problems[@]})); then
        local faults cures
        printf -v faults '%s; ' "${problems[@]}"
        printf -v cures '%s; ' "${steps[@]}"
        fail "${faults%; }." "${cures%; }. Or run it in the official Swift image: $(in_image)"
    fi
    ((${#missing[@]} == 0)) || install_packages
}

# Somebody's own Python will do.
python_packages() { python3 -c 'import ensurepip, venv' 2>/dev/null || wanted+=(python3 python3-venv); }

# programs PROGRAM PACKAGE…: wherever they come from.
programs() {
    while (($#)); do
        command -v "$1" >/dev/null || wanted+=("$2")
        shift 2
    done
}

not_debian() {
    fail "this machine ($(uname -sm)) is not Debian or Ubuntu, which ./build.sh $command needs." \
        "run it in the official Swift image, with Docker or Podman: $(in_image)"
}

# The same command for anybody who has Docker or Podman. In a folder of the same name, as compilers write it down.
in_image() {
    local engine=docker
    command -v docker >/dev/null || ! command -v podman >/dev/null || engine=podman
    echo "$engine run --rm -it -v \"\$PWD:\$PWD\" -w \"\$PWD\" $swift_image ./build.sh $command"
}

look_for_swift() {
    local found
    if ! command -v swift >/dev/null; then
        problems+=("no Swift compiler found on this machine")
    else
        found=$(swift --version 2>/dev/null | sed -n 's/.*Swift version \([0-9]*\.[0-9]*\).*/\1/p' | head -1)
        [[ $(printf '%s\n' "$oldest_swift" "$found" | sort -V | head -1) != "$oldest_swift" ]] || return 0
        problems+=("Swift ${found:-of an unknown version} is too old")
    fi
    steps+=("install Swift $oldest_swift or later: https://www.swift.org/install/linux/")
}

look_for_packages() {
    local installed
    ((${#wanted[@]})) || return 0
    installed=$(dpkg-query -W -f '${Package} ${Status}\n' "${wanted[@]}" 2>/dev/null |
        sed -n 's/ install ok installed$//p') || true # it fails where one of them is missing
    mapfile -t missing < <(printf '%s\n' "${wanted[@]}" | awk '!seen[$0]++' | grep -vxF -f <(echo "${installed:-none}"))
    ((${#missing[@]} == 0 || EUID == 0)) || command -v sudo >/dev/null || {
        problems+=("only root can install these Debian packages, and sudo is missing: ${missing[*]}")
        steps+=("as root: apt-get install ${missing[*]}")
    }
}

install_packages() {
    # apt has its own user read its temporary files, who may not enter ours.
    local apt=(env -u TMPDIR DEBIAN_FRONTEND=noninteractive apt-get)
    ((EUID == 0)) || apt=(sudo "${apt[@]}")
    local install=("${apt[@]}" install -qq -y --no-install-recommends "${missing[@]}")
    say "Installing from Debian: ${missing[*]}"
    { "${install[@]}" || { "${apt[@]}" update -qq && "${install[@]}"; }; } >"$(log apt)" 2>&1 ||
        failed_step apt "apt-get could not install ${missing[*]}."
}

# --- From PyPI ------------------------------------------------------------------------------------------------

# environment NAME REQUIREMENTS: a Python environment .build/parts/NAME with what that file lists, made again when it
# changes.
environment() {
    local folder=$parts/$1 wanted
    wanted=$(requirements "$2")
    [[ -f $folder/installed && $(<"$folder/installed") == "$wanted" ]] && return
    say "Installing from PyPI into .build/parts/$1: $wanted"
    rm -rf "$folder"
    mkdir -p "$parts"
    python3 -m venv "$folder"
    "$folder/bin/python" -m pip install --quiet --disable-pip-version-check -r "$2" >"$(log "$1")" 2>&1 ||
        failed_step "$1" "pip could not install the Python packages of $2."
    echo "$wanted" >"$folder/installed"
}

requirements() { grep -v -e '^#' -e '^$' "$1" | xargs; }

# The local AWS and what checks it, and AWS's runtime emulator.
need_parts() {
    environment venv Tests/requirements.txt
    [[ -x $parts/aws-lambda-rie ]] || install_emulator
}

# The Runtime Interface Emulator comes inside AWS SAM's wheel; SAM itself is not needed for it.
install_emulator() {
    local machine wheels=$work/wheels sam=Tests/Template/requirements.txt
    case $(uname -m) in
        x86_64) machine=x86_64 ;;
        aarch64 | arm64) machine=arm64 ;;
        *) fail "AWS does not provide a runtime emulator for $(uname -m)." "use an x86_64 or arm64 machine." ;;
    esac
    say "Fetching AWS's runtime emulator for $machine (from the wheel of $(requirements "$sam"))"
    "$python" -m pip download --quiet --disable-pip-version-check --no-deps --only-binary :all: \
        --dest "$wheels" -r "$sam" >"$(log emulator)" 2>&1 ||
        failed_step emulator "pip could not download $(requirements "$sam")."
    "$python" - "$wheels" "samcli/local/rapid/aws-lambda-rie-$machine" "$parts/aws-lambda-rie" <<'PYTHON'
import glob, os, sys, zipfile
wheels, member, target = sys.argv[1:]
with zipfile.ZipFile(glob.glob(wheels + "/aws_sam_cli-*.whl")[0]) as wheel, open(target + ".part", "wb") as file:
    file.write(wheel.read(member))
os.chmod(target + ".part", 0o755)
os.rename(target + ".part", target)
PYTHON
}
