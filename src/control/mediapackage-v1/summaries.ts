import type { OperationName } from './api.ts'

/** What each operation does, in one sentence. */
export const SUMMARIES: Readonly<Record<OperationName, string>> = {
  ConfigureLogs: 'Switches the access logs of a channel on or off.',
  CreateChannel: 'Creates a channel.',
  CreateHarvestJob: 'Creates a harvest job.',
  CreateOriginEndpoint: 'Creates an origin endpoint on a channel.',
  DeleteChannel: 'Deletes a channel that has no origin endpoints.',
  DeleteOriginEndpoint: 'Deletes an origin endpoint.',
  DescribeChannel: 'Describes a channel.',
  DescribeHarvestJob: 'Describes a harvest job.',
  DescribeOriginEndpoint: 'Describes an origin endpoint.',
  ListChannels: 'Lists channels.',
  ListHarvestJobs: 'Lists harvest jobs.',
  ListOriginEndpoints: 'Lists origin endpoints.',
  ListTagsForResource: 'Lists the tags of a channel or an origin endpoint.',
  RotateChannelCredentials: 'Replaces the credentials of the first ingest endpoint of a channel.',
  RotateIngestEndpointCredentials: 'Replaces the credentials of an ingest endpoint of a channel.',
  TagResource: 'Adds tags to a channel or an origin endpoint.',
  UntagResource: 'Removes tags from a channel or an origin endpoint.',
  UpdateChannel: 'Changes the description of a channel.',
  UpdateOriginEndpoint: 'Replaces the settings of an origin endpoint.',
}
