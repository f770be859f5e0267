import { randomUUID } from 'node:crypto'
import type { Clock } from '../clock.ts'
import type { Log } from '../log.ts'
import { type Account, arnOf } from '../model/arn.ts'
import type { ServiceEvent } from '../model/event.ts'
import type { ChannelUsage } from '../stores/object-ledger.ts'
import type { Resources } from '../stores/resources.ts'

/** The most bytes of source objects that are kept; no limit where absent. */
export type ArchiveLimits = {
  readonly bytes?: number | undefined
  readonly channelBytes?: number | undefined
}

/** Whose limit is meant: that of one channel, or of all together. */
type Scope = 'channel' | 'archive'

/** Thrown when nothing more may be stored until retention has deleted something. */
export class ArchiveFull extends Error {
  override readonly name = 'ArchiveFull'
  readonly scope: Scope
  readonly limit: number

  constructor(scope: Scope, limit: number) {
    super(`the ${scope} holds its most of ${limit} bytes`)
    this.scope = scope
    this.limit = limit
  }
}

/** The part of a limit at which it is told that it comes near, and the one below which that may be told again. */
const NEAR = 0.9
const FAR = 0.85

export type QuotaDeps = {
  readonly limits: ArchiveLimits
  readonly usage: () => Promise<readonly ChannelUsage[]>
  readonly resources: Pick<Resources, 'appendEvent'>
  readonly date: Clock
  readonly log: Log
  readonly account: Account
}

/**
 * Keeps the archive within its limits: refuses new objects once a limit is reached, and tells before that. Bodies that
 * are being received then still get in.
 */
export class ArchiveQuota {
  private readonly deps: QuotaDeps
  private readonly used = new Map<string, number>()
  private total = 0
  private isKnown = false
  /** What was told to be nearly full: GUIDs of channels, or `''` for the archive. */
  private readonly told = new Set<string>()

  constructor(deps: QuotaDeps) {
    this.deps = deps
  }

  /** Throws ArchiveFull when the channel, or the archive, is full. */
  async admit(channelGuid: string): Promise<void> {
    const { bytes = Infinity, channelBytes = Infinity } = this.deps.limits
    if (!this.isLimited) return
    if (!this.isKnown) await this.refresh()
    if ((this.used.get(channelGuid) ?? 0) >= channelBytes) throw new ArchiveFull('channel', channelBytes)
    if (this.total >= bytes) throw new ArchiveFull('archive', bytes)
  }

  /** Counts an object that was stored. */
  stored(channelGuid: string, size: number): void {
    if (this.isKnown) this.count(channelGuid, size)
  }

  /** Reads what is stored by now, and tells what is nearly full. To be called now and then. */
  async refresh(): Promise<void> {
    if (!this.isLimited) return
    const usage = await this.deps.usage()
    this.used.clear()
    this.total = 0
    for (const { channelGuid, bytes } of usage) this.count(channelGuid, bytes)
    this.isKnown = true
    const { bytes, channelBytes } = this.deps.limits
    await this.tell('', this.total, bytes)
    for (const [guid, used] of this.used) await this.tell(guid, used, channelBytes)
    for (const guid of this.told) if (guid !== '' && !this.used.has(guid)) this.told.delete(guid)
  }

  private get isLimited(): boolean {
    const { bytes, channelBytes } = this.deps.limits
    return bytes !== undefined || channelBytes !== undefined
  }

  private count(channelGuid: string, bytes: number): void {
    this.used.set(channelGuid, (this.used.get(channelGuid) ?? 0) + bytes)
    this.total += bytes
  }

  private async tell(channelGuid: string, usedBytes: number, limitBytes: number | undefined): Promise<void> {
    if (limitBytes === undefined) return
    if (usedBytes < FAR * limitBytes) this.told.delete(channelGuid)
    if (usedBytes < NEAR * limitBytes || this.told.has(channelGuid)) return
    const { resources, date, log, account } = this.deps
    const ofChannel = channelGuid !== ''
    const about = { ...(ofChannel && { channelGuid }), usedBytes, limitBytes }
    log.warn({ event: 'archive-nearly-full', ...about }, 'the archive is nearly full: encoders will be refused')
    const event: ServiceEvent = {
      id: randomUUID(),
      at: date(),
      detailType: 'Windrow Archive Notification',
      resources: ofChannel ? [arnOf(account, 'channels', channelGuid)] : [],
      detail: {
        event: 'ArchiveNearlyFull',
        message: `The archive ${ofChannel ? 'of the channel ' : ''}is nearly full`,
        usedBytes,
        limitBytes,
      },
    }
    await resources.appendEvent(event)
    this.told.add(channelGuid)
  }
}
