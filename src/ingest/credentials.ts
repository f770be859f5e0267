import type { Channel, IngestEndpoint } from '../model/channel.ts'
import type { InputRef } from '../model/input-ref.ts'
import type { Resources } from '../stores/resources.ts'

const MAX_CHANNELS = 10_000

/** Gives channels and their ingest endpoints, from memory after the first look-up, until something changes. */
export class IngestCredentials {
  private readonly resources: Pick<Resources, 'channelByGuid' | 'onChange'>
  private readonly channels = new Map<string, Promise<Channel | undefined>>()
  private readonly stopListening: () => void

  constructor(resources: Pick<Resources, 'channelByGuid' | 'onChange'>) {
    this.resources = resources
    this.stopListening = resources.onChange((change) => {
      if (change.kind === 'channel') this.channels.delete(change.guid)
      if (change.kind === 'everything') this.channels.clear()
    })
  }

  async of({ channelGuid, ingestEndpointId }: InputRef): Promise<IngestEndpoint | undefined> {
    return (await this.channel(channelGuid))?.ingestEndpoints.find(({ id }) => id === ingestEndpointId)
  }

  channel(guid: string): Promise<Channel | undefined> {
    let channel = this.channels.get(guid)
    if (!channel) {
      channel = this.load(guid)
      this.channels.set(guid, channel)
      if (this.channels.size > MAX_CHANNELS) this.channels.delete(this.channels.keys().next().value!)
    }
    return channel
  }

  close(): void {
    this.stopListening()
  }

  private async load(guid: string): Promise<Channel | undefined> {
    try {
      return await this.resources.channelByGuid(guid)
    } catch (error) {
      this.channels.delete(guid)
      throw error
    }
  }
}
