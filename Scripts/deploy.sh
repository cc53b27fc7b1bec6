# Builds the function and deploys it with template.yaml. Read by build.sh, whose words (say, fail, …) it uses.
#
#   STACK             name of the stack; kafka-to-s3
#   ARTIFACT_BUCKET   bucket that the zip goes to; made where it is not there
#   TEMPLATE          another one than template.yaml; the tests' has no more than a local AWS knows
#   ARCH              as with ./build.sh
#   AWS_PROFILE, AWS_REGION and the like as every AWS tool reads them

awscli_version=1.46.3

deploy() {
    local stack=${STACK:-kafka-to-s3} packaged=.build/packaged.yaml parameters=("$@")
    check_parameters "$@"
    need_aws
    check_account
    build
    [[ " $* " == *" Architecture="* ]] || parameters+=("Architecture=$arch")
    local bucket=${ARTIFACT_BUCKET:-$stack-artifacts-$account-$AWS_REGION}
    make_bucket "$bucket"

    say "Uploading the function to s3://$bucket"
    aws cloudformation package --template-file "${TEMPLATE:-template.yaml}" --s3-bucket "$bucket" \
        --output-template-file "$packaged" >"$(log deploy)" 2>&1 || failed_step deploy "the function could not be uploaded."
    say "Deploying stack $stack (the first time takes some minutes)"
    if ! aws cloudformation deploy --template-file "$packaged" --stack-name "$stack" --s3-bucket "$bucket" \
        --capabilities CAPABILITY_IAM CAPABILITY_AUTO_EXPAND --no-fail-on-empty-changeset \
        --parameter-overrides "${parameters[@]}" 2>&1 | tee "$(log deploy)" >&2; then
        failed_resources "$stack"
        fail "the stack was not deployed." "the lines above say why. A stack that was rolled back when it was made \
must go first: aws cloudformation delete-stack --stack-name $stack"
    fi
    next_steps "$stack"
}

check_parameters() {
    local parameter
    for parameter; do
        [[ $parameter == [A-Za-z]*=* ]] || fail "'$parameter' is no parameter." \
            "write NAME=VALUE, e.g. ./build.sh deploy OwnBroker=true; the names are at the top of template.yaml."
    done
}

# The aws command of this machine, or else one of our own.
need_aws() {
    command -v aws >/dev/null && return
    local own=$parts/aws-venv
    if [[ ! -x $own/bin/aws ]]; then
        command -v python3 >/dev/null || need_debian python3
        python3 -c 'import ensurepip, venv' 2>/dev/null || need_debian python3-venv
        say "Installing awscli $awscli_version from PyPI into .build/parts/aws-venv"
        mkdir -p "$parts"
        python3 -m venv "$own"
        "$own/bin/pip" install --quiet --disable-pip-version-check "awscli==$awscli_version" >"$(log awscli)" 2>&1 ||
            failed_step awscli "pip could not install awscli."
    fi
    PATH=$own/bin:$PATH
}

# Sets account and region. Nothing has been changed anywhere before this has said whose they are.
check_account() {
    local region=${AWS_REGION:-${AWS_DEFAULT_REGION:-$(aws configure get region || true)}}
    [[ -n $region ]] || fail "no region is set." "AWS_REGION=eu-central-1 ./build.sh deploy NAME=VALUE…, or aws configure"
    export AWS_REGION=$region AWS_DEFAULT_REGION=$region AWS_PAGER=
    account=$(aws sts get-caller-identity --query Account --output text 2>"$(log deploy)") ||
        fail "AWS does not know you: $(grep . "$(log deploy)" | tail -1)" \
            "aws configure (or aws sso login, or AWS_PROFILE=…); aws sts get-caller-identity then says who you are."
    say "Account $account, region $region"
}

make_bucket() {
    aws s3api head-bucket --bucket "$1" >/dev/null 2>&1 && return
    say "Making the bucket $1 for what is deployed"
    local where=()
    [[ $AWS_REGION == us-east-1 ]] || where=(--create-bucket-configuration "LocationConstraint=$AWS_REGION")
    { aws s3api create-bucket --bucket "$1" "${where[@]}" &&
        aws s3api put-public-access-block --bucket "$1" --public-access-block-configuration \
            BlockPublicAcls=true,IgnorePublicAcls=true,BlockPublicPolicy=true,RestrictPublicBuckets=true
    } >"$(log deploy)" 2>&1 || failed_step deploy "the bucket $1 could not be made; ARTIFACT_BUCKET names another one."
}

failed_resources() {
    aws cloudformation describe-stack-events --stack-name "$1" --output text --query \
        "StackEvents[?contains(ResourceStatus,'FAILED')].[LogicalResourceId,ResourceStatusReason]" 2>/dev/null |
        head -20 >&2 || true
}

next_steps() {
    local outputs
    outputs=$(aws cloudformation describe-stacks --stack-name "$1" --output text \
        --query 'Stacks[0].Outputs[].[OutputKey,OutputValue]')
    # The value of an output of the stack; nothing where it has none of that name.
    value() { awk -F'\t' -v name="$1" '$1 == name {print $2}' <<<"$outputs"; }
    say "Deployed. What comes next:"
    if [[ -n $(value Broker) ]]; then
        cat <<END
    Records to look at (disable --now stops them):
        aws ssm send-command --instance-ids $(value Broker) --document-name AWS-RunShellScript --parameters commands='systemctl enable --now stock-market'
END
    fi
    cat <<END
    What the function says:
        aws logs filter-log-events --log-group-name $(value LogGroup) --query 'events[].message' --output text
    What it has stored (the first objects come with the first batch):
        aws s3 ls --recursive s3://$(value IngestionBucket)/
    Whether the crawler has made the table:
        aws glue get-tables --database-name $(value Database) --query 'TableList[].Name'
    Ask; in the Athena console, the workgroup $(value WorkGroup) has saved queries:
        aws athena start-query-execution --work-group $(value WorkGroup) --query-execution-context Database=$(value Database) --query-string 'SELECT count(*) FROM stock_market'
    Figures are on the CloudWatch dashboard $1. To change something: ./build.sh deploy NAME=VALUE (the rest stays).
END
}
