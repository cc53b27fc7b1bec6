# shellcheck shell=bash disable=SC2154 # arch, account and stack are set by build.sh and account.sh
#
# Builds the function and deploys it with template.yaml, and with broker.yaml where OwnBroker=true. Sourced by build.sh.
#
#   ARTIFACT_BUCKET   bucket that the zip goes to; made where it is not there
#   TEMPLATE          another one than template.yaml; the tests' has no more than a local AWS knows
#   BROKER_TEMPLATE   the same for broker.yaml
#   ARCH              as with ./build.sh
#   TAGS              of all that the stack makes, as in TAGS="team=data cost=42"

template=${TEMPLATE:-template.yaml}
with_broker=$work/with-broker.json # the same with broker.yaml; it has the parameters of both

deploy() {
    need_to_build python
    local parameters=("$@")
    check_stack_name
    need_yaml
    "$python3_yaml" Sources/Deployment/template.py "$template" "${BROKER_TEMPLATE:-Sources/Deployment/broker.yaml}" \
        >"$with_broker"
    check_parameters values "$with_broker" "$@"
    need_aws
    check_account deploy
    describe_stack
    check_status
    check_parameters changes "$with_broker" "$described" "$@"
    choose_template
    choose_runtime
    choose_broker
    [[ " $* " == *" Architecture="* ]] || parameters+=("Architecture=$arch")
    check_parameters together "$template" "$described" "${parameters[@]}"
    local bucket=${ARTIFACT_BUCKET:-$stack-artifacts-$account-$AWS_REGION}
    make_bucket "$bucket"
    build
    upload_and_deploy "$bucket"
    next_steps
}

upload_and_deploy() {
    local packaged=$work/packaged.yaml tags=()
    read -r -a tags <<<"${TAGS:+--tags $TAGS}"
    say "Uploading the function to s3://$1"
    aws cloudformation package --template-file "$template" --s3-bucket "$1" \
        --output-template-file "$packaged" >"$(log deploy)" 2>&1 ||
        failed_step deploy "could not upload the function."
    say "Deploying stack $stack (the first time takes a few minutes)"
    if ! aws cloudformation deploy --template-file "$packaged" --stack-name "$stack" --s3-bucket "$1" \
        --capabilities CAPABILITY_IAM CAPABILITY_AUTO_EXPAND --no-fail-on-empty-changeset \
        --parameter-overrides "${parameters[@]}" ${tags[@]+"${tags[@]}"} 2>&1 | tee "$(log deploy)" >&2; then
        failed_resources
        fail "the stack was not deployed." "see the lines above for the reason. If the stack's creation was rolled \
back, delete it first: ./build.sh delete"
    fi
}

# --- What is refused before anything is uploaded ---------------------------------------------------------------

# Buckets and databases are named after the stack.
check_stack_name() {
    [[ $stack =~ ^[a-z][a-z0-9-]*[a-z0-9]$ ]] || fail "STACK=$stack cannot name buckets and a database." \
        "use lower-case letters, digits and -, with a letter first and no - last: STACK=kafka-to-s3 ./build.sh deploy …"
}

check_bucket_name() {
    ((${#1} <= 63)) || fail "the name of the artifact bucket, $1, has ${#1} characters; S3 allows 63." \
        "choose a shorter STACK, or specify a bucket: ARTIFACT_BUCKET=… ./build.sh deploy …"
}

check_parameters() {
    local faults
    faults=$("$python3_yaml" Sources/Deployment/parameters.py "$@" 2>&1) && return
    printf 'build.sh: %s\n' "${faults//$'\n'/$'\n'          }" >&2
    [[ $faults == *Next:* ]] || printf '    Next: correct that; %s lists all parameters.\n' \
        "template.yaml (with OwnBroker=true, also Sources/Deployment/broker.yaml)" >&2
    exit 1
}

effective() {
    "$python3_yaml" Sources/Deployment/parameters.py effective "$with_broker" "$described" "${parameters[@]}" |
        sed -n "s/^$1=//p"
}

check_status() {
    case $status in
        ROLLBACK_COMPLETE | ROLLBACK_FAILED | DELETE_FAILED)
            fail "the stack $stack is in $status and cannot be deployed to." \
                "./build.sh delete, then deploy again" ;;
        UPDATE_ROLLBACK_FAILED)
            fail "the stack $stack is in $status: an update could not be rolled back." \
                "aws cloudformation continue-update-rollback --stack-name $stack, then deploy again" ;;
        REVIEW_IN_PROGRESS) ;; # a change set was created but never executed: deploying continues
        *_IN_PROGRESS)
            fail "the stack $stack is in $status." \
                "wait until that has finished: aws cloudformation describe-stacks --stack-name $stack" ;;
    esac
}

# --- What is chosen, where nobody has -------------------------------------------------------------------------

# AWS's dates for provided.al2: https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html
no_new_functions=2027-02-01
no_updates=2027-03-03

choose_runtime() {
    local today end=$no_new_functions
    today=$(date +%F)
    [[ -z $status || $status == REVIEW_IN_PROGRESS ]] || end=$no_updates
    [[ $(effective Runtime) == provided.al2 ]] || return 0
    if [[ $today < $end ]]; then
        say "provided.al2: AWS refuses new functions on it from $no_new_functions and updates from $no_updates;" \
            "Runtime=provided.al2023 runs the same zip"
    elif [[ " ${parameters[*]} " == *" Runtime="* ]]; then
        fail "AWS has refused this on provided.al2 since $end." "set Runtime=provided.al2023, which runs the same zip."
    else
        say "AWS has refused provided.al2 since $end: using Runtime=provided.al2023, which runs the same zip"
        parameters+=("Runtime=provided.al2023")
    fi
}

# A stack that has a broker keeps it, also where OwnBroker is not typed again.
choose_template() {
    [[ $(effective OwnBroker) != true ]] || template=$with_broker
}

# The machine of OwnBroker=true: its image is looked up once, since another one would replace the machine, and its zone
# is one that has what the broker and the pollers need.
choose_broker() {
    [[ $template == "$with_broker" ]] || return 0
    [[ -z $(effective BrokerImageId) ]] || return 0
    local image
    image=$(image_of_stack)
    if [[ -n $image ]]; then
        say "Keeping the broker's machine and its image $image"
        parameters+=("BrokerImageId=$image")
        return
    fi
    local type
    type=$(effective BrokerInstanceType)
    image=$(newest_image "$type") || fail "could not look up the image for the broker's machine: $(last_line)" \
        "allow ssm:GetParameter and ec2:DescribeInstanceTypes, or set BrokerImageId=ami-… (Amazon Linux 2023)."
    parameters+=("BrokerImageId=$image")
    [[ -n $(effective BrokerZone) ]] || choose_zone "$type"
}

# Of a broker from before BrokerImageId: the parameter BrokerImage named the newest image, and the stack knows which one
# that was. A plain update would have looked it up again.
image_of_stack() {
    [[ -n $status ]] || return 0
    local machine
    machine=$(output_of Broker)
    [[ -z $machine || $machine == None ]] || aws ec2 describe-instances --instance-ids "$machine" --output text \
        --query 'Reservations[0].Instances[0].ImageId' 2>"$error"
}

newest_image() {
    local processor
    processor=$(aws ec2 describe-instance-types --instance-types "$1" --output text \
        --query 'InstanceTypes[0].ProcessorInfo.SupportedArchitectures[0]' 2>"$error") &&
        aws ssm get-parameter --output text --query Parameter.Value 2>"$error" \
            --name "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-$processor"
}

# choose_zone TYPE: not every zone has every type of machine, nor every service an endpoint in it.
choose_zone() {
    local service zones
    zones=$({
        aws ec2 describe-instance-type-offerings --location-type availability-zone --output text \
            --filters "Name=instance-type,Values=$1" --query 'InstanceTypeOfferings[].Location'
        for service in lambda sts; do
            aws ec2 describe-vpc-endpoint-services --output text \
                --query "ServiceDetails[?ends_with(ServiceName,'.$AWS_REGION.$service')].AvailabilityZones[]"
        done
    } 2>"$error" | tr '\t' '\n' | sort | uniq -c | awk '$1 == 3 {print $2}') || true
    if [[ -s $error ]]; then
        say "Letting EC2 choose the zone of the broker's machine, as suitable ones cannot be determined: $(last_line)"
    elif [[ -z $zones ]]; then
        fail "no zone of $AWS_REGION has $1 and endpoints of Lambda and STS." \
            "use another type, e.g. BrokerInstanceType=t3a.small, or another region: AWS_REGION=… ./build.sh deploy …"
    else
        parameters+=("BrokerZone=${zones%%$'\n'*}")
        say "Placing the broker's machine in ${zones%%$'\n'*}"
    fi
}

# --- The bucket for what is deployed ---------------------------------------------------------------------------

# Names of buckets can be guessed and taken by others, who would then say what runs here: the owner must be this
# account.
make_bucket() {
    check_bucket_name "$1"
    local answer
    answer=$(aws s3api head-bucket --bucket "$1" --expected-bucket-owner "$account" 2>&1) && return
    case $answer in
        *"(404)"*) ;;
        *"(403)"*) fail "the bucket $1 does not belong to account $account, or you are not allowed to access it." \
            "choose another one: ARTIFACT_BUCKET=… ./build.sh deploy …; or allow s3:ListBucket on it." ;;
        *"(301)"*) fail "the bucket $1 is in another region; Lambda accepts code only from $AWS_REGION." \
            "choose another one: ARTIFACT_BUCKET=… ./build.sh deploy …" ;;
        *) fail "could not access the bucket $1: $(tail -1 <<<"$answer")" "run this command again." ;;
    esac
    say "Creating the artifact bucket $1"
    local where=()
    [[ $AWS_REGION == us-east-1 ]] || where=(--create-bucket-configuration "LocationConstraint=$AWS_REGION")
    { aws s3api create-bucket --bucket "$1" "${where[@]}" &&
        aws s3api put-public-access-block --bucket "$1" --expected-bucket-owner "$account" \
            --public-access-block-configuration \
            BlockPublicAcls=true,IgnorePublicAcls=true,BlockPublicPolicy=true,RestrictPublicBuckets=true
    } >"$(log deploy)" 2>&1 || failed_step deploy "could not create the bucket $1; ARTIFACT_BUCKET chooses another one."
}

# --- Afterwards ------------------------------------------------------------------------------------------------

next_steps() {
    local outputs
    outputs=$(aws cloudformation describe-stacks --stack-name "$stack" --output text \
        --query 'Stacks[0].Outputs[].[OutputKey,OutputValue]')
    # The value of an output of the stack; nothing where it has none of that name.
    value() { awk -F'\t' -v name="$1" '$1 == name {print $2}' <<<"$outputs"; }
    say "Deployed. Next steps:"
    if [[ -n $(value Broker) ]]; then
        cat <<END
    Send sample records (disable --now stops them):
        aws ssm send-command --instance-ids $(value Broker) --document-name AWS-RunShellScript \\
            --parameters commands='systemctl enable --now stock-market'
END
    fi
    cat <<END
    Read the function's log:
        aws logs filter-log-events --log-group-name $(value LogGroup) --query 'events[].message' --output text
    List what it has stored (the first objects appear with the first batch):
        aws s3 ls --recursive s3://$(value IngestionBucket)/
    See whether $(maker_of_tables) has created the table:
        aws glue get-tables --database-name $(value Database) --query 'TableList[].Name'
    Run a query; in the Athena console, the workgroup $(value WorkGroup) has saved queries:
        aws athena start-query-execution --work-group $(value WorkGroup) \\
            --query-execution-context Database=$(value Database) \\
            --query-string 'SELECT count(*) FROM "$(table_of_topic)"'
    Metrics are on the CloudWatch dashboard $stack. To change a parameter: ./build.sh deploy NAME=VALUE (others stay).
    To delete it: ./build.sh delete
END
}

maker_of_tables() { if [[ $(effective Catalog) == glue ]]; then echo the function; else echo the crawler; fi; }

# As the crawler and the function name it.
table_of_topic() { effective Topic | tr 'A-Z.-' 'a-z__'; }
