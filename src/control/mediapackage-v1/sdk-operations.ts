// Written by `npm run docs` from the schemas of @aws-sdk/client-mediapackage.

/** Each operation: its name, method and path, the status of success, the structures of its input and its answer. */
export const SDK_OPERATIONS = `
ConfigureLogs PUT /channels/{id}/configure_logs 200 ConfigureLogsRequest ConfigureLogsResponse
CreateChannel POST /channels 200 CreateChannelRequest CreateChannelResponse
CreateHarvestJob POST /harvest_jobs 200 CreateHarvestJobRequest CreateHarvestJobResponse
CreateOriginEndpoint POST /origin_endpoints 200 CreateOriginEndpointRequest CreateOriginEndpointResponse
DeleteChannel DELETE /channels/{id} 202 DeleteChannelRequest DeleteChannelResponse
DeleteOriginEndpoint DELETE /origin_endpoints/{id} 202 DeleteOriginEndpointRequest DeleteOriginEndpointResponse
DescribeChannel GET /channels/{id} 200 DescribeChannelRequest DescribeChannelResponse
DescribeHarvestJob GET /harvest_jobs/{id} 200 DescribeHarvestJobRequest DescribeHarvestJobResponse
DescribeOriginEndpoint GET /origin_endpoints/{id} 200 DescribeOriginEndpointRequest DescribeOriginEndpointResponse
ListChannels GET /channels 200 ListChannelsRequest ListChannelsResponse
ListHarvestJobs GET /harvest_jobs 200 ListHarvestJobsRequest ListHarvestJobsResponse
ListOriginEndpoints GET /origin_endpoints 200 ListOriginEndpointsRequest ListOriginEndpointsResponse
ListTagsForResource GET /tags/{resourceArn} 200 ListTagsForResourceRequest ListTagsForResourceResponse
RotateChannelCredentials PUT /channels/{id}/credentials 200 RotateChannelCredentialsRequest
  RotateChannelCredentialsResponse
RotateIngestEndpointCredentials PUT /channels/{id}/ingest_endpoints/{ingestEndpointId}/credentials 200
  RotateIngestEndpointCredentialsRequest RotateIngestEndpointCredentialsResponse
TagResource POST /tags/{resourceArn} 204 TagResourceRequest
UntagResource DELETE /tags/{resourceArn} 204 UntagResourceRequest
UpdateChannel PUT /channels/{id} 200 UpdateChannelRequest UpdateChannelResponse
UpdateOriginEndpoint PUT /origin_endpoints/{id} 200 UpdateOriginEndpointRequest UpdateOriginEndpointResponse
`

/**
 * Each structure: its name and its members. `/` is before those in the path, `?` before those in the query, and
 * `!` after what is required. A member is text unless its type is named: `[]` is a list of that, `{}` a map to
 * it, and values with `|` between them are an enumeration.
 */
export const SDK_STRUCTURES = `
Authorization cdnIdentifierSecret! secretsRoleArn!
Channel arn createdAt description egressAccessLogs:EgressAccessLogs hlsIngest:HlsIngest id
  ingressAccessLogs:IngressAccessLogs tags:{}
CmafEncryption spekeKeyProvider!:SpekeKeyProvider constantInitializationVector encryptionMethod:AES_CTR|SAMPLE_AES
  keyRotationIntervalSeconds:integer
CmafPackage encryption:CmafEncryption hlsManifests:[HlsManifest] segmentDurationSeconds:integer segmentPrefix
  streamSelection:StreamSelection
CmafPackageCreateOrUpdateParameters encryption:CmafEncryption hlsManifests:[HlsManifestCreateOrUpdateParameters]
  segmentDurationSeconds:integer segmentPrefix streamSelection:StreamSelection
ConfigureLogsRequest /id! egressAccessLogs:EgressAccessLogs ingressAccessLogs:IngressAccessLogs
ConfigureLogsResponse arn createdAt description egressAccessLogs:EgressAccessLogs hlsIngest:HlsIngest id
  ingressAccessLogs:IngressAccessLogs tags:{}
CreateChannelRequest id! description tags:{}
CreateChannelResponse arn createdAt description egressAccessLogs:EgressAccessLogs hlsIngest:HlsIngest id
  ingressAccessLogs:IngressAccessLogs tags:{}
CreateHarvestJobRequest endTime! id! originEndpointId! s3Destination!:S3Destination startTime!
CreateHarvestJobResponse arn channelId createdAt endTime id originEndpointId s3Destination:S3Destination startTime
  status:FAILED|IN_PROGRESS|SUCCEEDED
CreateOriginEndpointRequest channelId! id! authorization:Authorization cmafPackage:CmafPackageCreateOrUpdateParameters
  dashPackage:DashPackage description hlsPackage:HlsPackage manifestName mssPackage:MssPackage origination:ALLOW|DENY
  startoverWindowSeconds:integer tags:{} timeDelaySeconds:integer whitelist:[]
CreateOriginEndpointResponse arn authorization:Authorization channelId cmafPackage:CmafPackage createdAt
  dashPackage:DashPackage description hlsPackage:HlsPackage id manifestName mssPackage:MssPackage origination:ALLOW|DENY
  startoverWindowSeconds:integer tags:{} timeDelaySeconds:integer url whitelist:[]
DashEncryption spekeKeyProvider!:SpekeKeyProvider keyRotationIntervalSeconds:integer
DashPackage
  adTriggers:[BREAK|DISTRIBUTOR_ADVERTISEMENT|DISTRIBUTOR_OVERLAY_PLACEMENT_OPPORTUNITY|DISTRIBUTOR_PLACEMENT_OPPORTUNITY|PROVIDER_ADVERTISEMENT|PROVIDER_OVERLAY_PLACEMENT_OPPORTUNITY|PROVIDER_PLACEMENT_OPPORTUNITY|SPLICE_INSERT]
  adsOnDeliveryRestrictions:BOTH|NONE|RESTRICTED|UNRESTRICTED encryption:DashEncryption includeIframeOnlyStream:boolean
  manifestLayout:COMPACT|DRM_TOP_LEVEL_COMPACT|FULL manifestWindowSeconds:integer minBufferTimeSeconds:integer
  minUpdatePeriodSeconds:integer periodTriggers:[ADS|] profile:DVB_DASH_2014|HBBTV_1_5|HYBRIDCAST|NONE
  segmentDurationSeconds:integer segmentTemplateFormat:NUMBER_WITH_DURATION|NUMBER_WITH_TIMELINE|TIME_WITH_TIMELINE
  streamSelection:StreamSelection suggestedPresentationDelaySeconds:integer
  utcTiming:HTTP-HEAD|HTTP-ISO|HTTP-XSDATE|NONE utcTimingUri
DeleteChannelRequest /id!
DeleteChannelResponse
DeleteOriginEndpointRequest /id!
DeleteOriginEndpointResponse
DescribeChannelRequest /id!
DescribeChannelResponse arn createdAt description egressAccessLogs:EgressAccessLogs hlsIngest:HlsIngest id
  ingressAccessLogs:IngressAccessLogs tags:{}
DescribeHarvestJobRequest /id!
DescribeHarvestJobResponse arn channelId createdAt endTime id originEndpointId s3Destination:S3Destination startTime
  status:FAILED|IN_PROGRESS|SUCCEEDED
DescribeOriginEndpointRequest /id!
DescribeOriginEndpointResponse arn authorization:Authorization channelId cmafPackage:CmafPackage createdAt
  dashPackage:DashPackage description hlsPackage:HlsPackage id manifestName mssPackage:MssPackage origination:ALLOW|DENY
  startoverWindowSeconds:integer tags:{} timeDelaySeconds:integer url whitelist:[]
EgressAccessLogs logGroupName
EncryptionContractConfiguration presetSpeke20Audio!:PRESET-AUDIO-1|PRESET-AUDIO-2|PRESET-AUDIO-3|SHARED|UNENCRYPTED
  presetSpeke20Video!:PRESET-VIDEO-1|PRESET-VIDEO-2|PRESET-VIDEO-3|PRESET-VIDEO-4|PRESET-VIDEO-5|PRESET-VIDEO-6|PRESET-VIDEO-7|PRESET-VIDEO-8|SHARED|UNENCRYPTED
HarvestJob arn channelId createdAt endTime id originEndpointId s3Destination:S3Destination startTime
  status:FAILED|IN_PROGRESS|SUCCEEDED
HlsEncryption spekeKeyProvider!:SpekeKeyProvider constantInitializationVector encryptionMethod:AES_128|SAMPLE_AES
  keyRotationIntervalSeconds:integer repeatExtXKey:boolean
HlsIngest ingestEndpoints:[IngestEndpoint]
HlsManifest id! adMarkers:DATERANGE|NONE|PASSTHROUGH|SCTE35_ENHANCED includeIframeOnlyStream:boolean manifestName
  playlistType:EVENT|NONE|VOD playlistWindowSeconds:integer programDateTimeIntervalSeconds:integer url
  adTriggers:[BREAK|DISTRIBUTOR_ADVERTISEMENT|DISTRIBUTOR_OVERLAY_PLACEMENT_OPPORTUNITY|DISTRIBUTOR_PLACEMENT_OPPORTUNITY|PROVIDER_ADVERTISEMENT|PROVIDER_OVERLAY_PLACEMENT_OPPORTUNITY|PROVIDER_PLACEMENT_OPPORTUNITY|SPLICE_INSERT]
  adsOnDeliveryRestrictions:BOTH|NONE|RESTRICTED|UNRESTRICTED
HlsManifestCreateOrUpdateParameters id! adMarkers:DATERANGE|NONE|PASSTHROUGH|SCTE35_ENHANCED
  adTriggers:[BREAK|DISTRIBUTOR_ADVERTISEMENT|DISTRIBUTOR_OVERLAY_PLACEMENT_OPPORTUNITY|DISTRIBUTOR_PLACEMENT_OPPORTUNITY|PROVIDER_ADVERTISEMENT|PROVIDER_OVERLAY_PLACEMENT_OPPORTUNITY|PROVIDER_PLACEMENT_OPPORTUNITY|SPLICE_INSERT]
  adsOnDeliveryRestrictions:BOTH|NONE|RESTRICTED|UNRESTRICTED includeIframeOnlyStream:boolean manifestName
  playlistType:EVENT|NONE|VOD playlistWindowSeconds:integer programDateTimeIntervalSeconds:integer
HlsPackage adMarkers:DATERANGE|NONE|PASSTHROUGH|SCTE35_ENHANCED
  adTriggers:[BREAK|DISTRIBUTOR_ADVERTISEMENT|DISTRIBUTOR_OVERLAY_PLACEMENT_OPPORTUNITY|DISTRIBUTOR_PLACEMENT_OPPORTUNITY|PROVIDER_ADVERTISEMENT|PROVIDER_OVERLAY_PLACEMENT_OPPORTUNITY|PROVIDER_PLACEMENT_OPPORTUNITY|SPLICE_INSERT]
  adsOnDeliveryRestrictions:BOTH|NONE|RESTRICTED|UNRESTRICTED encryption:HlsEncryption includeDvbSubtitles:boolean
  includeIframeOnlyStream:boolean playlistType:EVENT|NONE|VOD playlistWindowSeconds:integer
  programDateTimeIntervalSeconds:integer segmentDurationSeconds:integer streamSelection:StreamSelection
  useAudioRenditionGroup:boolean
IngestEndpoint id password url username
IngressAccessLogs logGroupName
ListChannelsRequest ?maxResults:integer ?nextToken
ListChannelsResponse channels:[Channel] nextToken
ListHarvestJobsRequest ?includeChannelId ?includeStatus:FAILED|IN_PROGRESS|SUCCEEDED ?maxResults:integer ?nextToken
ListHarvestJobsResponse harvestJobs:[HarvestJob] nextToken
ListOriginEndpointsRequest ?channelId ?maxResults:integer ?nextToken
ListOriginEndpointsResponse nextToken originEndpoints:[OriginEndpoint]
ListTagsForResourceRequest /resourceArn!
ListTagsForResourceResponse tags:{}
MssEncryption spekeKeyProvider!:SpekeKeyProvider
MssPackage encryption:MssEncryption manifestWindowSeconds:integer segmentDurationSeconds:integer
  streamSelection:StreamSelection
OriginEndpoint arn authorization:Authorization channelId cmafPackage:CmafPackage createdAt dashPackage:DashPackage
  description hlsPackage:HlsPackage id manifestName mssPackage:MssPackage origination:ALLOW|DENY
  startoverWindowSeconds:integer tags:{} timeDelaySeconds:integer url whitelist:[]
RotateChannelCredentialsRequest /id!
RotateChannelCredentialsResponse arn createdAt description egressAccessLogs:EgressAccessLogs hlsIngest:HlsIngest id
  ingressAccessLogs:IngressAccessLogs tags:{}
RotateIngestEndpointCredentialsRequest /id! /ingestEndpointId!
RotateIngestEndpointCredentialsResponse arn createdAt description egressAccessLogs:EgressAccessLogs hlsIngest:HlsIngest
  id ingressAccessLogs:IngressAccessLogs tags:{}
S3Destination bucketName! manifestKey! roleArn!
SpekeKeyProvider resourceId! roleArn! systemIds!:[] url! certificateArn
  encryptionContractConfiguration:EncryptionContractConfiguration
StreamSelection maxVideoBitsPerSecond:integer minVideoBitsPerSecond:integer
  streamOrder:ORIGINAL|VIDEO_BITRATE_ASCENDING|VIDEO_BITRATE_DESCENDING
TagResourceRequest /resourceArn! tags!:{}
UntagResourceRequest /resourceArn! ?tagKeys!:[]
UpdateChannelRequest /id! description
UpdateChannelResponse arn createdAt description egressAccessLogs:EgressAccessLogs hlsIngest:HlsIngest id
  ingressAccessLogs:IngressAccessLogs tags:{}
UpdateOriginEndpointRequest /id! authorization:Authorization cmafPackage:CmafPackageCreateOrUpdateParameters
  dashPackage:DashPackage description hlsPackage:HlsPackage manifestName mssPackage:MssPackage origination:ALLOW|DENY
  startoverWindowSeconds:integer timeDelaySeconds:integer whitelist:[]
UpdateOriginEndpointResponse arn authorization:Authorization channelId cmafPackage:CmafPackage createdAt
  dashPackage:DashPackage description hlsPackage:HlsPackage id manifestName mssPackage:MssPackage origination:ALLOW|DENY
  startoverWindowSeconds:integer tags:{} timeDelaySeconds:integer url whitelist:[]
`
