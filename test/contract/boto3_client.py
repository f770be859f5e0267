"""Every operation of MediaPackage v1 through boto3, against the endpoint in the first argument.

Prints "ok" when all went as it should; any surprise is an exception.
"""

import datetime
import pathlib
import sys

sys.path.append(f"{pathlib.Path(__file__).parents[1]}/judges")
from boto3_mediapackage import client_of

endpoint, region, key_id, secret = sys.argv[1:5]


client = client_of(endpoint, region, key_id, secret)
errors = client.exceptions
ROLE = "arn:aws:iam::111122223333:role/harvest"


def status(answer):
    return answer["ResponseMetadata"]["HTTPStatusCode"]


def raises(exception, call, **arguments):
    try:
        call(**arguments)
    except exception as error:
        assert error.response["Error"]["Message"], error
        assert error.response["ResponseMetadata"]["RequestId"], error
        return error
    raise AssertionError(f"{call.__name__} raised no {exception.__name__}")


def pages(operation, member, **arguments):
    paginator = client.get_paginator(operation)
    return [
        [item["Id"] for item in page[member]]
        for page in paginator.paginate(PaginationConfig={"PageSize": 1}, **arguments)
    ]


# Channels
made = client.create_channel(Id="boto", Description="née", Tags={"team": "a b"})
assert status(made) == 200
assert made["Arn"].startswith(f"arn:aws:mediapackage:{region}:111122223333:channels/"), made
assert len(made["HlsIngest"]["IngestEndpoints"]) == 2, made
assert "EgressAccessLogs" not in made, made
described = client.describe_channel(Id="boto")
for member in ("Arn", "Id", "Description", "Tags", "HlsIngest"):
    assert described[member] == made[member], member
assert client.update_channel(Id="boto", Description="new")["Description"] == "new"
client.create_channel(Id="boto-2")
assert pages("list_channels", "Channels") == [["boto"], ["boto-2"]]

logged = client.configure_logs(Id="boto", EgressAccessLogs={})
assert logged["EgressAccessLogs"] == {"LogGroupName": "/aws/MediaPackage/EgressAccessLogs"}, logged
assert "EgressAccessLogs" not in client.configure_logs(Id="boto")

first, second = made["HlsIngest"]["IngestEndpoints"]
rotated = client.rotate_ingest_endpoint_credentials(Id="boto", IngestEndpointId=second["Id"])
assert rotated["HlsIngest"]["IngestEndpoints"][0] == first
assert rotated["HlsIngest"]["IngestEndpoints"][1]["Password"] != second["Password"]
rotated = client.rotate_channel_credentials(Id="boto")
assert rotated["HlsIngest"]["IngestEndpoints"][0]["Username"] != first["Username"]

# Origin endpoints
hls = client.create_origin_endpoint(
    ChannelId="boto", Id="boto-hls", StartoverWindowSeconds=600, HlsPackage={"SegmentDurationSeconds": 4}
)
assert hls["HlsPackage"]["PlaylistWindowSeconds"] == 60, hls
assert hls["Url"].endswith("/index.m3u8"), hls
assert client.describe_origin_endpoint(Id="boto-hls")["Arn"] == hls["Arn"]
for package in ("DashPackage", "MssPackage"):
    assert client.create_origin_endpoint(ChannelId="boto", Id=package, **{package: {}})[package]
cmaf = client.create_origin_endpoint(
    ChannelId="boto", Id="CmafPackage", CmafPackage={"HlsManifests": [{"Id": "tv", "AdMarkers": "PASSTHROUGH"}]}
)
assert cmaf["Url"] == "", cmaf
assert cmaf["CmafPackage"]["HlsManifests"][0]["Url"].endswith("/tv/index.m3u8"), cmaf
updated = client.update_origin_endpoint(Id="boto-hls", StartoverWindowSeconds=900)
assert updated["StartoverWindowSeconds"] == 900, updated
assert updated["HlsPackage"]["SegmentDurationSeconds"] == 6, updated
ids = [["boto-hls"], ["DashPackage"], ["MssPackage"], ["CmafPackage"]]
assert pages("list_origin_endpoints", "OriginEndpoints", ChannelId="boto") == ids

# Tags
for arn in (made["Arn"], hls["Arn"]):
    assert status(client.tag_resource(ResourceArn=arn, Tags={"cost centre": "é/1", "x": ""})) == 204
    assert client.list_tags_for_resource(ResourceArn=arn)["Tags"]["cost centre"] == "é/1"
    assert status(client.untag_resource(ResourceArn=arn, TagKeys=["cost centre", "x"])) == 204
    assert "x" not in client.list_tags_for_resource(ResourceArn=arn)["Tags"]
assert client.describe_channel(Id="boto")["Tags"] == {"team": "a b"}

# Harvest jobs
now = datetime.datetime.now(datetime.timezone.utc)
job = dict(
    OriginEndpointId="boto-hls",
    StartTime=(now - datetime.timedelta(seconds=60)).isoformat(),
    EndTime=str(int(now.timestamp())),
    S3Destination={"BucketName": "clips", "ManifestKey": "a/index.m3u8", "RoleArn": ROLE},
)
created = client.create_harvest_job(Id="goal-1", **job)
assert created["Status"] == "IN_PROGRESS" and created["ChannelId"] == "boto", created
described = client.describe_harvest_job(Id="goal-1")
for member in ("StartTime", "EndTime", "S3Destination", "OriginEndpointId"):
    assert described[member] == job[member], member
assert datetime.datetime.fromisoformat(described["CreatedAt"].replace("Z", "+00:00")), described
client.create_harvest_job(Id="goal-2", **job)
jobs = pages("list_harvest_jobs", "HarvestJobs", IncludeChannelId="boto", IncludeStatus="IN_PROGRESS")
assert jobs == [["goal-1"], ["goal-2"]], jobs

# Exceptions, each as its own class
raises(errors.NotFoundException, client.describe_harvest_job, Id="none")
raises(errors.UnprocessableEntityException, client.create_channel, Id="boto")
raises(errors.UnprocessableEntityException, client.delete_channel, Id="boto")
client.create_channel(Id="boto-3")
raises(errors.TooManyRequestsException, client.create_channel, Id="boto-4")
stranger = f"arn:aws:mediapackage:{region}:999999999999:channels/{'0' * 32}"
raises(errors.ForbiddenException, client.list_tags_for_resource, ResourceArn=stranger)
raises(errors.InternalServerErrorException, client.describe_channel, Id="fails")
raises(errors.ServiceUnavailableException, client.update_channel, Id="boto-3", Description="busy")
wrong = raises(errors.ClientError, client_of(endpoint, region, key_id, "wrong").list_channels)
assert wrong.response["Error"]["Code"] == "InvalidSignatureException", wrong.response

# And away with it
for page in ids:
    assert status(client.delete_origin_endpoint(Id=page[0])) == 202
for name in ("boto", "boto-2", "boto-3"):
    assert status(client.delete_channel(Id=name)) == 202
    raises(errors.NotFoundException, client.describe_channel, Id=name)
print("ok")
