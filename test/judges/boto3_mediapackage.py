"""A client of MediaPackage v1 as scripts of boto3 have it, which asks once."""

import boto3
from botocore.config import Config


def client_of(endpoint, region, key_id, secret):
    return boto3.client(
        "mediapackage",
        endpoint_url=endpoint,
        region_name=region,
        aws_access_key_id=key_id,
        aws_secret_access_key=secret,
        config=Config(retries={"max_attempts": 0}),
    )
