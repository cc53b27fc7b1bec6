# shellcheck shell=bash disable=SC2154 # account, stack, status and described are set by account.sh
#
# Deletes the stack, and waits for what blocks its deletion. Sourced by build.sh.

longest_wait=90 # minutes; Lambda takes 20 to 40 to release its network interfaces

delete() {
    (($# == 0)) || fail "delete takes no arguments." "STACK=$1 ./build.sh delete"
    need python
    need_aws
    check_account delete
    describe_stack
    if [[ -z $status ]]; then
        say "There is no stack $stack in $AWS_REGION; nothing to delete"
        return
    fi
    confirm
    local id buckets
    id=$(sed -n 's/.*"StackId": "\(.*\)".*/\1/p' "$described")
    buckets=$(resources AWS::S3::Bucket)
    end_mappings
    wait_for_interfaces
    delete_stack "$id"
    say "The stack $stack is deleted"
    name_what_stays "$buckets"
}

confirm() {
    [[ -t 0 ]] || return 0
    local typed
    read -r -p "Delete the stack $stack? Its buckets are kept. Type its name to continue: " typed
    [[ $typed == "$stack" ]] || fail "nothing was deleted." "./build.sh delete, and type $stack"
}

# resources TYPE: physical names of the stack's resources of that type that are still there.
resources() {
    local found
    found=$(aws cloudformation list-stack-resources --stack-name "$stack" --output text --query \
        "StackResourceSummaries[?ResourceType=='$1' && ResourceStatus!='DELETE_COMPLETE'].[PhysicalResourceId]" \
        2>"$error") || fail "could not list the stack's resources: $(last_line)" \
        "allow cloudformation:ListStackResources."
    grep -vx -e None -e '' <<<"$found" || true
}

# First: Lambda releases network interfaces with the function's role, and keeps them if the role is deleted before.
end_mappings() {
    local mapping mappings
    mappings=$(resources AWS::Lambda::EventSourceMapping)
    for mapping in $mappings; do
        say "Deleting the event source mapping $mapping; Kafka keeps what it has not read"
        aws lambda delete-event-source-mapping --uuid "$mapping" >"$(log delete)" 2>&1 ||
            grep -qE 'ResourceNotFound|ResourceInUse' "$(log delete)" ||
            failed_step delete "could not delete the event source mapping $mapping."
        wait_until "the event source mapping $mapping to be deleted" mapping_is_gone "$mapping"
    done
}

mapping_is_gone() {
    aws lambda get-event-source-mapping --uuid "$1" >"$error" 2>&1 && return 1
    grep -q ResourceNotFound "$error" || fail "could not get the event source mapping $1: $(last_line)" \
        "allow lambda:GetEventSourceMapping, then run ./build.sh delete again."
}

# The network interfaces by which the pollers reach the broker's VPC block its subnet, its security groups and itself.
wait_for_interfaces() {
    local groups
    groups=$(resources AWS::EC2::SecurityGroup)
    [[ -n $groups ]] || return 0
    groups=${groups//$'\n'/,}
    wait_until "Lambda to release its network interfaces, which takes 20 to 40 minutes" \
        interfaces_are_gone "$groups"
}

# Those of the broker and of endpoints go with the stack.
interfaces_are_gone() {
    local left
    left=$(aws ec2 describe-network-interfaces --filters "Name=group-id,Values=$1" --output text --query \
        "NetworkInterfaces[?InterfaceType!='vpc_endpoint' && !(Attachment.InstanceId)].[NetworkInterfaceId]" \
        2>"$error") ||
        fail "could not describe the network interfaces: $(last_line)" \
            "allow ec2:DescribeNetworkInterfaces, then run ./build.sh delete again."
    [[ -z $left || $left == None ]]
}

# delete_stack ID: the name no longer finds a stack that is gone.
delete_stack() {
    local round
    for round in 1 2 3; do
        aws cloudformation delete-stack --stack-name "$1" >"$(log delete)" 2>&1 ||
            failed_step delete "CloudFormation refused to delete the stack."
        wait_until "CloudFormation to delete the stack" deletion_has_ended "$1"
        [[ $status == DELETE_COMPLETE || -z $status ]] && return
        failed_resources "$1"
        say "CloudFormation could not delete everything (see the lines above); retrying ($round of 3)"
        wait_for_interfaces
    done
    fail "the stack $stack is in $status." "see the lines above for what blocks it, then run ./build.sh delete again"
}

deletion_has_ended() {
    describe_stack "$1"
    [[ $status != *_IN_PROGRESS ]]
}

# wait_until WHAT COMMAND…: tries every 15 seconds, and says each minute that it still waits.
wait_until() {
    local what=$1 turns=0
    shift
    until "$@"; do
        ((turns % 4 == 0)) &&
            say "Waiting for $what ($((turns / 4)) min). Ctrl-C is safe: ./build.sh delete continues from here"
        ((++turns <= longest_wait * 4)) || fail "gave up after $longest_wait minutes of waiting for $what." \
            "run ./build.sh delete again; if it fails again, aws ec2 describe-network-interfaces shows what is left."
        sleep 15
    done
}

# name_what_stays BUCKETS
name_what_stays() {
    local bucket artifacts=${ARTIFACT_BUCKET:-$stack-artifacts-$account-$AWS_REGION} stay=()
    for bucket in $1 "$artifacts"; do
        aws s3api head-bucket --bucket "$bucket" --expected-bucket-owner "$account" >/dev/null 2>&1 && stay+=("$bucket")
    done
    ((${#stay[@]})) || return 0
    say "These buckets are kept, as they may hold the only copy of the data. To delete one with everything in it:"
    printf '    aws s3 rb --force s3://%s\n' "${stay[@]}" >&2
}
