import type { Channel } from '../model/channel.ts'

/** The place of an ingest endpoint in its channel, as labels have it: 1 or 2. */
export function inputLabel({ ingestEndpoints }: Channel, ingestEndpointId: string): string {
  return String(ingestEndpoints.findIndex(({ id }) => id === ingestEndpointId) + 1)
}
