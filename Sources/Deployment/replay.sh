# shellcheck shell=bash disable=SC2154 # account and stack are set by account.sh
#
# Invokes the stack's function with the batches that failed for good. Sourced by build.sh.
#
# Lambda keeps each as an object aws/lambda/MAPPING/TOPIC-PARTITION/YYYY/MM/DD/… with the event inside, as a string:
# https://docs.aws.amazon.com/lambda/latest/dg/kafka-on-failure.html

largest_event=6291556 # bytes, of Lambda's Invoke

# replay [s3://BUCKET[/PREFIX]]
replay() {
    [[ $# == 0 || ($# == 1 && $1 =~ ^s3://[^/]+(/.*)?$ ) ]] ||
        fail "replay accepts one place, s3://BUCKET or s3://BUCKET/PREFIX; without one, it is the stack's own bucket." \
            "./build.sh replay"
    need python
    need_aws
    check_account replay
    local name bucket prefix=aws/lambda/
    name=$(output_of Function 2>"$error") || fail "could not describe the stack $stack: $(last_line)" \
        "STACK=… ./build.sh replay chooses the stack whose function gets the batches."
    [[ -n $name && $name != None ]] || fail "the stack $stack has no function." "./build.sh deploy"
    if (($#)); then
        bucket=${1#s3://}
        [[ $bucket == */?* ]] && prefix=${bucket#*/}
        bucket=${bucket%%/*}
    else
        bucket=$(output_of FailedBatchesBucket)
        [[ -n $bucket && $bucket != None ]] || fail "the stack $stack does not keep failed batches: it retries them." \
            "specify a bucket that has some: ./build.sh replay s3://BUCKET"
    fi
    replay_all "$bucket" "$prefix" "$name"
}

# replay_all BUCKET PREFIX FUNCTION
replay_all() {
    local list=$work/failed-batches key reason count number=0 stay=0
    aws s3api list-objects-v2 --bucket "$1" --prefix "$2" --expected-bucket-owner "$account" --output text \
        --query 'Contents[].[Key]' >"$list" 2>"$error" || fail "could not list s3://$1: $(last_line)" \
        "allow s3:ListBucket, s3:GetObject, s3:PutObject and s3:DeleteObject on it."
    sed -i.all -e '/^None$/d' -e '/^replayed\//d' -e '/^$/d' "$list"
    count=$(wc -l <"$list" | tr -d ' ')
    say "$count failed batches in s3://$1/$2, for the function $3"
    while IFS= read -r key <&3; do
        ((++number))
        if reason=$(replay_one "$1" "$key" "$3"); then
            say "$number of $count: $key was stored and moved to replayed/"
        else
            ((++stay))
            say "$number of $count: $key was kept: $reason"
        fi
    done 3<"$list"
    ((stay == 0)) || fail "$stay of $count failed batches were not replayed." \
        "see the lines above for the reasons; correct them and run ./build.sh replay again: nothing is stored twice."
    say "No failed batches are left in s3://$1/$2"
}

# replay_one BUCKET KEY FUNCTION: fails, and prints why, where the batch stays. What is stored already is not stored
# again, so that whatever ends this command in the middle does no harm.
replay_one() {
    local record=$work/record event=$work/event answer=$work/answer said
    rm -f "$record" "$event" "$answer"
    said=$(aws s3api get-object --bucket "$1" --key "$2" --expected-bucket-owner "$account" "$record" 2>&1) ||
        { echo "${said##*$'\n'}" && return 1; }
    event_of "$record" >"$event" || { cat "$event" && return 1; }
    (($(wc -c <"$event") <= largest_event)) ||
        { echo "its event is larger than Lambda accepts; read its records from the topic" && return 1; }
    # A function may take 15 minutes to answer.
    said=$(aws lambda invoke --function-name "$3" --payload "fileb://$event" --cli-read-timeout 900 --output text \
        --query FunctionError "$answer" 2>"$error") || { last_line && return 1; }
    [[ $said == None ]] || { head -c 1000 "$answer" && return 1; }
    # Under PARTIAL_BATCH_RESPONSE the function does not fail, and says what it has not stored.
    ! grep -q '"batchItemFailures": *\[ *{' "$answer" || { head -c 1000 "$answer" && return 1; }
    said=$(aws s3 mv --only-show-errors "s3://$1/$2" "s3://$1/replayed/$2" 2>&1) ||
        { echo "it was stored, but could not be moved: ${said##*$'\n'}" && return 1; }
}

# The event as it was sent to the function, byte for byte.
event_of() {
    python3 - "$1" <<'PYTHON'
import json, sys
try:
    with open(sys.argv[1], encoding="utf-8") as file:
        record = json.load(file)
    payload = record["payload"]
    assert payload is not None
    event = (payload if isinstance(payload, str) else json.dumps(payload)).encode()
except (ValueError, KeyError, TypeError, AssertionError, RecursionError):
    print("it is not the record of a failed batch with its payload")
    sys.exit(1)
sys.stdout.buffer.write(event)
PYTHON
}
