"""Where botocore finds S3, Glue and Lambda: a line each of region, FIPS, dual stack, S3's host for the bucket data-1,
Glue's, Lambda's.

A host is `-` where botocore's rules refuse the combination.
"""

import urllib.parse

import botocore.endpoint_provider
import botocore.exceptions
import botocore.session

REGIONS = ["eu-central-1", "us-east-1", "ca-west-1", "us-gov-west-1", "cn-north-1", "eusc-de-east-1", "us-iso-east-1",
           "us-isob-east-1", "eu-isoe-west-1", "us-isof-south-1", "xx-new-1"]

loader = botocore.session.get_session().get_component("data_loader")
partitions = loader.load_data("partitions")
rules = {}
for name in ("s3", "glue", "lambda"):
    model = loader.load_service_model(name, "endpoint-rule-set-1")
    rules[name] = botocore.endpoint_provider.EndpointProvider(model, partitions)


def host(service, **parameters):
    try:
        return urllib.parse.urlsplit(rules[service].resolve_endpoint(**parameters).url).netloc
    except botocore.exceptions.EndpointProviderError:
        return "-"


for region in REGIONS:
    for fips in (False, True):
        for dual_stack in (False, True):
            usual = {"Region": region, "UseFIPS": fips, "UseDualStack": dual_stack}
            s3 = host("s3", Bucket="data-1", UseGlobalEndpoint=False, **usual)
            print(region, fips, dual_stack, s3, host("glue", **usual), host("lambda", **usual))
