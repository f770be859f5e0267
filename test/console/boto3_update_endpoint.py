"""Changes an origin endpoint through boto3, on condition that nobody else has changed it since.

Arguments: endpoint, region, key id, secret, id of the origin endpoint; then, to change it, the entity tag that an
earlier run has printed. Without one it prints that of the endpoint as it is. With one it sets the startover window to
two hours and the description to "theirs"; where the server refuses that, it prints "refused", reads the endpoint
again, and makes the same change to what it finds.
"""

import pathlib
import sys

from botocore.exceptions import ClientError

sys.path.append(f"{pathlib.Path(__file__).parents[1]}/judges")
from boto3_mediapackage import client_of

endpoint, region, key_id, secret, endpoint_id = sys.argv[1:6]
client = client_of(endpoint, region, key_id, secret)
wanted = None
client.meta.events.register(
    "before-sign.mediapackage.UpdateOriginEndpoint",
    lambda request, **_: request.headers.add_header("If-Match", wanted),
)


def tag_of(answer):
    return answer["ResponseMetadata"]["HTTPHeaders"]["etag"]


def update(tag):
    global wanted
    wanted = tag
    members = {name: value for name, value in found.items() if name in CHANGEABLE}
    client.update_origin_endpoint(**{**members, "Description": "theirs", "StartoverWindowSeconds": 7200})


CHANGEABLE = client.meta.service_model.operation_model("UpdateOriginEndpoint").input_shape.members.keys()
found = client.describe_origin_endpoint(Id=endpoint_id)
if len(sys.argv) == 6:
    print(tag_of(found))
    sys.exit()
try:
    update(sys.argv[6])
except ClientError as error:
    assert error.response["Error"]["Code"] == "PreconditionFailedException", error
    assert error.response["ResponseMetadata"]["HTTPStatusCode"] == 412, error
    print("refused")
    found = client.describe_origin_endpoint(Id=endpoint_id)
    update(tag_of(found))
