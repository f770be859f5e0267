import type { Clock } from '../../src/clock.ts'
import { Turns } from '../../src/concurrency/turns.ts'
import { type Listener, listen } from '../../src/http/listener.ts'
import type { ListenerLimits } from '../../src/http/listener-limits.ts'
import { createIngest } from '../../src/ingest/ingest.ts'
import type { IngestLimits } from '../../src/ingest/ingest-limits.ts'
import { utcMs } from '../../src/media/time.ts'
import type { Channel } from '../../src/model/channel.ts'
import type { ResourceChange } from '../../src/stores/resources.ts'
import { RecordingArchive } from './recording-archive.ts'

export const USERNAME = 'b6e7f0c1d2a34958'
export const PASSWORD = '4f3c2b1a09e8d7c6b5a4938271605f4e'
const GUID = '0123456789abcdef'.repeat(2)
const SECOND = 'fedcba9876543210'.repeat(2)

export const CHANNEL: Channel = {
  guid: GUID,
  id: 'channel',
  tags: {},
  createdAt: utcMs(0),
  revision: 1,
  ingestEndpoints: [
    { id: GUID, username: USERNAME, password: PASSWORD },
    { id: SECOND, username: 'other', password: 'other' },
  ],
}

export const FOLDER = `/in/v2/${GUID}/${GUID}/`
export const SECOND_FOLDER = `/in/v2/${GUID}/${SECOND}/`
export const UNKNOWN_FOLDER = `/in/v2/${'0'.repeat(32)}/${GUID}/`

export type LogLine = { readonly level: string; readonly fields: object; readonly message: string }

export type IngestServer = {
  readonly archive: RecordingArchive
  readonly lines: LogLine[]
  /** Deletes the channel, as the API does. */
  deleteChannel(): void
  readonly port: number
  /** With credentials, as an encoder is given it; ends with a slash. */
  readonly url: string
  close(): Promise<void>
}

/** A listener with an ingest over a recording archive; one channel with two ingest endpoints. */
export async function startIngest(
  options: {
    limits?: Partial<IngestLimits>
    listenerLimits?: Partial<ListenerLimits>
    clock?: Clock
    nonceKey?: Uint8Array
  } = {},
): Promise<IngestServer> {
  const archive = new RecordingArchive()
  const lines: LogLine[] = []
  let isDeleted = false
  let changed: (change: ResourceChange) => void = () => {}
  const level = (level: string) => (fields: object, message: string) => void lines.push({ level, fields, message })
  const log = { info: level('info'), warn: level('warn'), error: level('error') }
  const ingest = createIngest({
    resources: {
      channelByGuid: async (guid) => (guid === GUID && !isDeleted ? CHANNEL : undefined),
      onChange(listener) {
        changed = listener
        return () => {}
      },
    },
    archive,
    clock: options.clock ?? (() => utcMs(Date.now())),
    log,
    turns: new Turns(),
    nonceKey: options.nonceKey,
    limits: { requestsPerSecond: 1e6, requestBurst: 1e6, ...options.limits },
  })
  const listener: Listener = await listen({
    name: 'ingest',
    host: '127.0.0.1',
    port: 0,
    mounts: [ingest],
    log,
    limits: { drainMs: 60_000, ...options.listenerLimits },
  })
  const { port } = listener.address
  return {
    archive,
    lines,
    deleteChannel() {
      isDeleted = true
      changed({ kind: 'channel', id: 'news', guid: GUID })
    },
    port,
    url: `http://${USERNAME}:${PASSWORD}@127.0.0.1:${port}${FOLDER}`,
    async close() {
      await listener.close()
      ingest.close()
    },
  }
}
