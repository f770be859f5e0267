import type { Log } from '../../log.ts'
import type { OriginEndpoint } from '../../model/origin-endpoint.ts'
import type { LeavesNothing, TextBody } from '../../packaging/output-format.ts'

/** Endpoints that are remembered. */
const MOST = 10_000

/** Logs which streams endpoints leave out because they cannot be encrypted, once until that changes. */
export class LeftOutStreams {
  private readonly log: Log
  /** What was logged last of each endpoint. */
  private readonly told = new Map<string, string>()

  constructor(log: Log) {
    this.log = log
  }

  note({ guid, id }: Pick<OriginEndpoint, 'guid' | 'id'>, written: TextBody | LeavesNothing): void {
    const streams =
      written === 'not encryptable' ? 'all' : typeof written === 'string' ? [] : (written.notEncryptable ?? [])
    const found = streams === 'all' ? streams : streams.join()
    if (found === '' || this.told.get(guid) === found) return
    if (this.told.size >= MOST) this.told.clear()
    this.told.set(guid, found)
    const fields = { event: 'streams-not-encryptable', originEndpoint: id, streams } as const
    this.log.warn(fields, 'streams are not shown: SAMPLE-AES of MPEG-TS is not defined for their codecs')
  }
}
