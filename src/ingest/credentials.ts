import type { IngestEndpoint } from '../model/channel.ts'
import type { InputRef } from '../model/input-ref.ts'
import type { Resources } from '../stores/resources.ts'

const MAX_CHANNELS = 10_000

/** Gives the ingest endpoints of channels, from memory after the first look-up, until something changes. */
export class IngestCredentials {
  private readonly resources: Pick<Resources, 'channelByGuid' | 'onChange'>
  private readonly channels = new Map<string, Promise<readonly IngestEndpoint[]>>()
  private readonly stopListening: () => void

  constructor(resources: Pick<Resources, 'channelByGuid' | 'onChange'>) {
    this.resources = resources
    this.stopListening = resources.onChange((change) => {
      if (change.kind === 'channel') this.channels.delete(change.guid)
      if (change.kind === 'everything') this.channels.clear()
    })
  }

  async of(ingest: InputRef): Promise<IngestEndpoint | undefined> {
    const guid = ingest.channelGuid
    let endpoints = this.channels.get(guid)
    if (!endpoints) {
      endpoints = this.load(guid)
      this.channels.set(guid, endpoints)
      if (this.channels.size > MAX_CHANNELS) this.channels.delete(this.channels.keys().next().value!)
    }
    return (await endpoints).find(({ id }) => id === ingest.ingestEndpointId)
  }

  close(): void {
    this.stopListening()
  }

  private async load(guid: string): Promise<readonly IngestEndpoint[]> {
    try {
      return (await this.resources.channelByGuid(guid))?.ingestEndpoints ?? []
    } catch (error) {
      this.channels.delete(guid)
      throw error
    }
  }
}
