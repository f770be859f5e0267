/**
 * Parts of the bodies of harvest jobs and clips, in SQL. They are cut out of the text of a body: operators of JSON
 * refuse the whole where any text in it has U+0000. In JSON, no string has a quotation mark as it is.
 */

const ENDPOINT = '"endpoint":\\{.*?"guid":"([^"]*)"'

/** Of `body`, that of a job: the GUID of its own endpoint, which comes before what users have named. */
export const ENDPOINT_GUID = `substring(body::text FROM '${ENDPOINT}')`

/** Of a clip: the GUIDs of the endpoints that it shows, as rows of lists of one. */
export const SHOWN_ENDPOINTS = `regexp_matches(clip.body::text, '${ENDPOINT}', 'g')`

/** Of `body`, that of a job: where it writes to, in JSON, whose texts have no control characters. */
export const DESTINATION = `substring(body::text FROM '"s3Destination":(\\{(?:[^"}]|"(?:[^"\\\\]|\\\\.)*")*\\})')::json`

/** Of `body`, that of a job: the endpoint that was asked for. */
export const ORIGIN_ENDPOINT_ID = `substring(body::text FROM '"originEndpointId":"([^"]*)"')`

/** Of `body`, that of a job: its ranges, in JSON, where no string has a bracket; NULL where it has one range alone. */
export const RANGES = `substring(body::text FROM '"ranges":(\\[[^]]*\\])')::json`

/** Of `body`, that of a job: whether it has several ranges. */
export const HAS_RANGES = `body::text LIKE '%"ranges":[%'`

/** Of `body`, that of a job: whether some of its ranges are of other endpoints. */
export const HAS_OTHER_ENDPOINTS = `body::text LIKE '%"otherEndpoints":[%'`
