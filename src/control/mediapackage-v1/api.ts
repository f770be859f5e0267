import type * as sdk from '@aws-sdk/client-mediapackage'
import type { Condition } from '../entity-tags.ts'

/**
 * Input and output of each operation in the SDK's own types, so that a difference from Windrow's does not compile.
 */
type Api = {
  ConfigureLogs: [sdk.ConfigureLogsRequest, sdk.ConfigureLogsResponse]
  CreateChannel: [sdk.CreateChannelRequest, sdk.CreateChannelResponse]
  CreateHarvestJob: [sdk.CreateHarvestJobRequest, sdk.CreateHarvestJobResponse]
  CreateOriginEndpoint: [sdk.CreateOriginEndpointRequest, sdk.CreateOriginEndpointResponse]
  DeleteChannel: [sdk.DeleteChannelRequest, sdk.DeleteChannelResponse]
  DeleteOriginEndpoint: [sdk.DeleteOriginEndpointRequest, sdk.DeleteOriginEndpointResponse]
  DescribeChannel: [sdk.DescribeChannelRequest, sdk.DescribeChannelResponse]
  DescribeHarvestJob: [sdk.DescribeHarvestJobRequest, sdk.DescribeHarvestJobResponse]
  DescribeOriginEndpoint: [sdk.DescribeOriginEndpointRequest, sdk.DescribeOriginEndpointResponse]
  ListChannels: [sdk.ListChannelsRequest, sdk.ListChannelsResponse]
  ListHarvestJobs: [sdk.ListHarvestJobsRequest, sdk.ListHarvestJobsResponse]
  ListOriginEndpoints: [sdk.ListOriginEndpointsRequest, sdk.ListOriginEndpointsResponse]
  ListTagsForResource: [sdk.ListTagsForResourceRequest, sdk.ListTagsForResourceResponse]
  RotateChannelCredentials: [sdk.RotateChannelCredentialsRequest, sdk.RotateChannelCredentialsResponse]
  RotateIngestEndpointCredentials: [
    sdk.RotateIngestEndpointCredentialsRequest,
    sdk.RotateIngestEndpointCredentialsResponse,
  ]
  TagResource: [sdk.TagResourceRequest, undefined]
  UntagResource: [sdk.UntagResourceRequest, undefined]
  UpdateChannel: [sdk.UpdateChannelRequest, sdk.UpdateChannelResponse]
  UpdateOriginEndpoint: [sdk.UpdateOriginEndpointRequest, sdk.UpdateOriginEndpointResponse]
}

export type OperationName = keyof Api

/** An SDK type as read from JSON: absent members are missing, not undefined. */
export type Given<T> = T extends readonly (infer E)[]
  ? readonly Given<E>[]
  : T extends object
    ? string extends keyof T
      ? Readonly<T>
      : { readonly [K in keyof T as Uncapitalize<K & string>]: Given<Exclude<T[K], undefined>> }
    : T

/** An SDK type as written to JSON: undefined members are left out. */
export type Returned<T> = T extends readonly (infer E)[]
  ? readonly Returned<E>[]
  : T extends object
    ? string extends keyof T
      ? Readonly<T>
      : { readonly [K in keyof T as Uncapitalize<K & string>]: Returned<T[K]> }
    : T

export type OperationInput<N extends OperationName> = Given<Api[N][0]>
export type OperationOutput<N extends OperationName> = Returned<Api[N][1]>

/**
 * One function for each operation. It throws ApiError or RuleViolation for requests it refuses. Where the operation is
 * conditional, it changes nothing that `condition` refuses.
 */
export type Handlers<N extends OperationName = OperationName> = {
  readonly [K in N]: (input: OperationInput<K>, condition?: Condition) => Promise<OperationOutput<K>>
}
