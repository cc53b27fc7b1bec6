# shellcheck shell=bash disable=SC2034,SC2154,SC2317 # parts is build.sh's; the scripts that follow use status
#
# The account that deploy, replay and delete work in. Sourced by build.sh.
#
#   STACK             name of the stack; kafka-to-s3
#   AWS_PROFILE, AWS_REGION and the like as every AWS tool reads them

stack=${STACK:-kafka-to-s3}

error=$work/error # what the last command of aws complained of
described=$work/stack.json

# The aws command of this machine, or else one of our own.
need_aws() {
    command -v aws >/dev/null && return
    environment aws-venv Sources/Deployment/requirements.txt
    # Its script names its Python in a first line that takes no path with a space in it.
    aws() { "$parts/aws-venv/bin/python" -m awscli "$@"; }
}

# Sets python3_yaml, a Python that reads YAML: the template's parameters are checked with it.
need_yaml() {
    for python3_yaml in python3 "$parts/venv/bin/python" "$parts/aws-venv/bin/python"; do
        "$python3_yaml" -c 'import yaml' 2>/dev/null && return
    done
    environment aws-venv Sources/Deployment/requirements.txt
}

# Sets account and region. Nothing has been changed anywhere before this has said whose they are.
check_account() {
    local region=${AWS_REGION:-${AWS_DEFAULT_REGION:-$(aws configure get region || true)}}
    [[ -n $region ]] || fail "no region is set." "AWS_REGION=eu-central-1 ./build.sh $*, or aws configure"
    export AWS_REGION=$region AWS_DEFAULT_REGION=$region AWS_PAGER=
    account=$(aws sts get-caller-identity --query Account --output text 2>"$error") ||
        fail "AWS does not accept your credentials: $(last_line)" \
            "aws configure (or aws sso login, or AWS_PROFILE=…); aws sts get-caller-identity then shows who you are."
    say "Account $account, region $region"
}

last_line() { grep . "$error" | tail -1; }

# describe_stack [ID]: writes the stack as JSON to $described, {} where there is none, and sets status.
describe_stack() {
    if ! aws cloudformation describe-stacks --stack-name "${1:-$stack}" --output json --query 'Stacks[0]' \
        >"$described" 2>"$error"; then
        grep -q 'does not exist' "$error" ||
            fail "could not describe the stack $stack: $(last_line)" "allow cloudformation:DescribeStacks."
        echo '{}' >"$described"
    fi
    status=$(sed -n 's/.*"StackStatus": "\([A-Z_]*\)".*/\1/p' "$described")
}

# output_of NAME: an output of the stack; nothing where it has none of that name.
output_of() {
    aws cloudformation describe-stacks --stack-name "$stack" --output text \
        --query "Stacks[0].Outputs[?OutputKey=='$1'].OutputValue"
}

# Why resources of the stack failed, the last 20 reasons.
failed_resources() {
    aws cloudformation describe-stack-events --stack-name "${1:-$stack}" --output text --query \
        "StackEvents[?contains(ResourceStatus,'FAILED')].[LogicalResourceId,ResourceStatusReason]" 2>/dev/null |
        head -20 >&2 || true
}
