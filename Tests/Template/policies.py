"""What the policies of the template let pass, by IAM's rules as far as the template uses them: the local AWS knows
neither the condition keys of conditional writes nor lambda:SourceFunctionArn."""

from mappings import matches

POLLERS_ONLY = [
    "ec2:CreateNetworkInterface", "kafka:GetBootstrapBrokers", "kafka-cluster:ReadData",
    "secretsmanager:GetSecretValue"]


def exposures(stack):
    yield from of_writes(stack)
    yield from of_pollers(stack)
    yield from of_tables(stack)
    for name, role in stack.of_type("AWS::IAM::Role").items():
        trust = role["AssumeRolePolicyDocument"]["Statement"][0]
        if trust["Principal"]["Service"].startswith("ec2"):
            continue  # an instance profile's: EC2 takes a role of its own account only, and names no source
        if trust.get("Condition") != {"StringEqualsIfExists": {"aws:SourceAccount": "123456789012"}}:
            yield f"{name} may be taken on for another account"


def of_writes(stack):
    """A row or a quarantined record is never overwritten unseen, and nothing else is hindered."""
    policy = stack.resources["IngestionBucketPolicy"]["Properties"]["PolicyDocument"]["Statement"]
    bucket = stack.of_resource("IngestionBucket", "Arn")
    creates = {"s3:ObjectCreationOperation": "true", "aws:SecureTransport": "true"}
    part = creates | {"s3:ObjectCreationOperation": "false"}
    for key, request, wanted in [
        ("topics/t/a", creates, True), ("errors/t/a", creates, True),
        ("topics/t/a", creates | {"s3:if-none-match": "*"}, False),
        ("topics/t/a", creates | {"s3:if-match": "etag"}, False),
        ("topics/t/a", part, False), ("other/a", creates, False),
        ("topics/t/a", creates | {"s3:if-none-match": "*", "aws:SecureTransport": "false"}, True),
    ]:
        if denies(policy, "s3:PutObject", f"{bucket}/{key}", request) != wanted:
            yield f"PutObject of {key} with {request} is {'not ' if wanted else ''}denied"


def of_pollers(stack):
    """The function's code has none of the rights that its role has for the pollers alone."""
    policy = stack.resources["RightsOfPollers"]["Properties"]["PolicyDocument"]["Statement"]
    code = {"lambda:SourceFunctionArn": stack.of_resource("Function", "Arn")}
    for action in POLLERS_ONLY:
        if not denies(policy, action, "*", code) or denies(policy, action, "*", {}):
            yield f"{action} is for the pollers, not for the code"
    if "FailedBatchesBucket" in stack.resources:
        key = stack.of_resource("FailedBatchesBucket", "Arn") + "/a"
        if not denies(policy, "s3:PutObject", key, code) or denies(policy, "s3:PutObject", key, {}):
            yield "the bucket of failed batches is for the pollers, not for the code"
    for action in ("s3:PutObject", "glue:StartCrawler", "logs:PutLogEvents"):
        if denies(policy, action, stack.of_resource("IngestionBucket", "Arn") + "/topics/a", code):
            yield f"the code is denied {action}"


def of_tables(stack):
    """The function may change tables of the stack's database where it keeps them, and those alone; it deletes none, and
    starts a crawler only where there is one."""
    catalog, partitions = stack.parameters["Catalog"], stack.parameters["GluePartitions"] == "true"
    own, other = (f":table/{name}/orders" for name in ("kafka_to_s3", "somebody_elses"))
    statements = [it for policy in stack.resources["FunctionRole"]["Properties"]["Policies"]
                  for it in policy["PolicyDocument"]["Statement"] if it["Effect"] == "Allow"]
    allowed = {it for statement in statements for it in flat(statement["Action"]) if it.startswith("glue:")}
    tables = {"glue:GetTable", "glue:CreateTable", "glue:UpdateTable"}
    registering = {"glue:BatchCreatePartition", "glue:GetPartitions", "glue:BatchUpdatePartition"}
    wanted = {"crawler": {"glue:StartCrawler"}, "none": set(), "glue": tables | (registering if partitions else set())}
    if allowed != wanted[catalog]:
        yield f"with Catalog={catalog} the function may {sorted(allowed)}"
    for statement in statements:
        resources = [it for it in flat(statement["Resource"]) if ":glue:" in it]
        if any(matches("*" + it.split(":", 5)[5], other[1:]) for it in resources):
            yield f"the function may change tables of other databases: {resources}"
        if allowed & tables & set(flat(statement["Action"])) and not any(
                matches("*" + it.split(":", 5)[5], own[1:]) for it in resources):
            yield f"the function may not change its own tables: {resources}"


def flat(value):
    return [value] if isinstance(value, str) else value


def denies(statements, action, resource, request):
    return any(
        it["Effect"] == "Deny" and matches(it["Action"], action) and matches(it["Resource"], resource)
        and all(holds(*condition, request) for condition in it.get("Condition", {}).items()) for it in statements)


def holds(operator, wanted, request):
    """All keys of one condition operator."""
    if operator == "Null":
        return all((key not in request) == (value == "true") for key, value in wanted.items())
    assert operator in ("Bool", "ArnEquals"), operator
    return all(request.get(key) == value for key, value in wanted.items())
