# shellcheck shell=bash disable=SC2154 # root, parts and the like are build.sh's
#
# The function with everything around it, on this machine. Sourced by build.sh.

demo() {
    [[ $# == 0 || "$*" == --follow ]] || fail "demo takes --follow or nothing." "./build.sh demo --follow"
    need parts build local
    need_parts
    build
    build_local
    "$python" Tests/Demo/pipeline.py "$out.zip" "$tool" "$@"
}

invoke() {
    [[ $# == 1 ]] || fail "invoke takes one event." "./build.sh invoke events/msk.json"
    local event=$1
    [[ $event == /* ]] || event=$caller/$event
    [[ -f $event ]] || fail "there is no file $event." "give the path of an event, e.g. events/msk.json"
    need_to_build parts
    need_parts
    build
    "$python" Tests/Demo/invoke.py "$parts/aws-lambda-rie" "$out/bootstrap" "$event"
}
