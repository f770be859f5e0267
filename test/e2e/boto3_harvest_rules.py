"""Breaks every rule of harvest jobs through boto3, against a Windrow that has content and buckets of a real S3 server.

Arguments: endpoint, region, key id, secret, and as seconds since 1970 where the content of channel "tv" begins and
ends. Each refusal must name its rule; where another window helps, the one it names is then harvested. Prints how many
rules were broken, and how many named windows were harvested; any surprise is an exception.
"""

import datetime
import json
import pathlib
import re
import sys
import time
import urllib.request

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

sys.path.append(f"{pathlib.Path(__file__).parents[1]}/judges")
from boto3_mediapackage import client_of

endpoint, region, key_id, secret = sys.argv[1:5]
begin, end = (float(word) for word in sys.argv[5:7])
client = client_of(endpoint, region, key_id, secret)
errors = client.exceptions
ROLE = "arn:aws:iam::111122223333:role/harvest"
STARTOVER = 30
DAY = 86400
broken = named = count = 0


def iso(seconds):
    return datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc).isoformat()


def job(change):
    """A sound request, of the ten seconds before the end, with some members changed."""
    global count
    count += 1
    request = dict(
        Id=f"job-{count}",
        OriginEndpointId="hls",
        StartTime=iso(end - 10),
        EndTime=iso(end),
        S3Destination=dict(BucketName="clips", ManifestKey=f"{count}/index.m3u8", RoleArn=ROLE),
    )
    for name, value in change.items():
        target = request["S3Destination"] if name in request["S3Destination"] else request
        target[name] = value
    return request


def ended(request):
    for _ in range(600):
        status = client.describe_harvest_job(Id=request["Id"])["Status"]
        if status != "IN_PROGRESS":
            return status
        time.sleep(0.05)
    raise AssertionError(f"{request} does not end")


def events():
    """Every event so far, by the id of its job: botocore signs what is not MediaPackage's own as well."""
    found, token = {}, None
    while True:
        url = f"{endpoint}/windrow/v1/events" + (f"?nextToken={token}" if token else "")
        asked = AWSRequest(method="GET", url=url)
        SigV4Auth(Credentials(key_id, secret), "mediapackage", region).add_auth(asked)
        with urllib.request.urlopen(urllib.request.Request(url, headers=dict(asked.headers))) as answer:
            page = json.load(answer)
        for event in page["events"]:
            found.setdefault(event["detail"]["harvest_job"]["id"], []).append(event)
        token = page.get("nextToken")
        if not token:
            return found


def takes_named_window(message, change):
    """What was refused succeeds with the window that the refusal names."""
    global named
    window = re.search(r"the nearest window that works is (\S+Z) to (\S+Z)", message)
    assert window, message
    request = job({**change, "StartTime": window[1], "EndTime": window[2]})
    client.create_harvest_job(**request)
    assert ended(request) == "SUCCEEDED", (message, events()[request["Id"]])
    named += 1


def refused(rule, change, helps=False, exception=errors.UnprocessableEntityException):
    global broken
    request = job(change)
    try:
        client.create_harvest_job(**request)
    except exception as error:
        message = error.response["Error"]["Message"]
        assert re.search(rule, message), (rule, message)
        broken += 1
        return takes_named_window(message, change) if helps else None
    raise AssertionError(f"{request} was not refused")


def taken(change):
    request = job(change)
    client.create_harvest_job(**request)
    return request


def fails(rule, change, helps=False, request=None):
    """The job is taken; its event says what was wrong."""
    global broken
    request = request or taken(change)
    assert ended(request) == "FAILED", request
    [event] = events()[request["Id"]]
    detail = event["detail"]
    assert detail["harvest_job"]["status"] == "FAILED", detail
    assert re.search(rule, detail["message"]), (rule, detail["message"])
    broken += 1
    if helps:
        takes_named_window(detail["message"], change)


# It waits for a while: something may come yet
silent = taken({"OriginEndpointId": "silent"})

# What may be harvested
refused("originEndpointId: there is no origin endpoint", {"OriginEndpointId": "none"})
refused("originEndpointId: no-window has no startover window", {"OriginEndpointId": "no-window"})
refused("originEndpointId: no-manifest has no HLS manifest", {"OriginEndpointId": "no-manifest"})

# Times: what is wrong with a window, and which one is not
now = time.time()
refused("endTime: must be after startTime", {"EndTime": iso(end - 10)})
refused("endTime: must be after startTime", {"EndTime": iso(end - 11)})
refused("endTime: must not be in the future", {"StartTime": iso(now - 5), "EndTime": iso(now + 20)}, helps=True)
refused("endTime: must not be in the future", {"StartTime": iso(now + 60), "EndTime": iso(now + 70)}, helps=True)
refused(f"endTime: must be at most {STARTOVER} s \\(the startover window\\) after startTime", {"StartTime": iso(end - 100)}, helps=True)
wide = {"OriginEndpointId": "wide"}
refused("endTime: must be at most 24 hours after", {**wide, "StartTime": iso(end - DAY - 1)}, helps=True)
old = {"StartTime": iso(end - STARTOVER - 20), "EndTime": iso(end - STARTOVER - 5)}
fails(f"The startover window of {STARTOVER} s begins at ", old, helps=True)
fails("There is no content before ", {**wide, "StartTime": iso(begin - 20), "EndTime": iso(begin + 10)}, helps=True)
fails("There is no content before ", {**wide, "StartTime": iso(begin - 20), "EndTime": iso(begin - 10)}, helps=True)
fails("There is no content at or after ", {"StartTime": iso(end + 5), "EndTime": iso(end + 15)}, helps=True)
for text in ("yesterday", "2026-03-04T11:49:00", "2026-02-30T11:49:00Z", "-5", ""):
    refused("startTime: must be a date and time with an offset", {"StartTime": text})
refused("startTime: must be in seconds; .* looks like milliseconds", {"StartTime": str(int(end * 1000))})

# Destinations
for name in ("ab", "Clips", "a_b", "-clips", "x" * 64, "a..b", "192.168.0.1", "xn--clips"):
    refused("s3Destination.bucketName: ", {"BucketName": name})
for key in ("", "/a.m3u8", "a//b.m3u8", "a/../b.m3u8", "a/", "a/b", "a/b.mpd", "a/index_1.m3u8", "é" * 510 + ".m3u8"):
    refused("s3Destination.manifestKey: ", {"ManifestKey": key})
refused("s3Destination.roleArn: must be the ARN of an IAM role", {"RoleArn": "harvest"})
fails("There is no bucket absent at ", {"BucketName": "absent"})
mine = {"ManifestKey": "taken/index.m3u8"}
first = taken(mine)
assert ended(first) == "SUCCEEDED"
fails("would overwrite taken/index.* from another origin endpoint; choose another folder", {**mine, **wide})
fails("The channel has no content yet", {}, request=silent)

# Ids, and how many at once
refused("id: must be 1 to 256 letters", {"Id": "a b"})
refused('id: a harvest job with the id "job-\\d+" already exists', {"Id": first["Id"]})
for _ in range(3):
    taken({"OriginEndpointId": "on-air"})
refused("at most 3 harvest jobs in progress", {}, exception=errors.TooManyRequestsException)

# Each job that has ended has told so once
for page in client.get_paginator("list_harvest_jobs").paginate():
    for each in page["HarvestJobs"]:
        told = [event["detail"]["harvest_job"]["status"] for event in events().get(each["Id"], [])]
        assert told == ([] if each["Status"] == "IN_PROGRESS" else [each["Status"]]), (each, told)
print(json.dumps({"broken": broken, "named": named}))
