import type * as sdk from '@aws-sdk/client-mediapackage'

/** What each operation is given and answers, in the SDK's own types: where they drift from ours, we do not compile. */
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

/** An SDK type with the names JSON uses: absent members are left out, not undefined. */
export type Given<T> = T extends readonly (infer E)[]
  ? readonly Given<E>[]
  : T extends object
    ? string extends keyof T
      ? Readonly<T>
      : { readonly [K in keyof T as Uncapitalize<K & string>]: Given<Exclude<T[K], undefined>> }
    : T

/** The same for answers, where undefined members are left out when they are written. */
export type Returned<T> = T extends readonly (infer E)[]
  ? readonly Returned<E>[]
  : T extends object
    ? string extends keyof T
      ? Readonly<T>
      : { readonly [K in keyof T as Uncapitalize<K & string>]: Returned<T[K]> }
    : T

export type OperationInput<N extends OperationName> = Given<Api[N][0]>
export type OperationOutput<N extends OperationName> = Returned<Api[N][1]>

/** One function for each operation. It throws ApiError or RuleViolation for what it refuses. */
export type Handlers<N extends OperationName = OperationName> = {
  readonly [K in N]: (input: OperationInput<K>) => Promise<OperationOutput<K>>
}
