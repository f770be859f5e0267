import { randomBytes } from 'node:crypto'
import type { Clock } from '../clock.ts'
import type { Log } from '../log.ts'
import type { OriginEndpoint } from '../model/origin-endpoint.ts'
import type { Objects } from '../stores/objects.ts'
import type { Resources } from '../stores/resources.ts'
import type { IngestRef, Numbering, SegmentIndex } from '../stores/segment-index.ts'
import { Input } from './input.ts'
import type { ArchiveReader } from './reader.ts'
import { sweepUnknownObjects } from './recovery.ts'
import { forgetOldContent, type RetentionRules } from './retention.ts'
import { windowsOf } from './windows.ts'
import type { ArchiveWriter } from './writer.ts'

const HOUR_MS = 3_600_000

export type Archive = ArchiveReader &
  ArchiveWriter & {
    /** Lets time pass for every input that waits for something. Called often. */
    tick(): Promise<void>
    /** Deletes what no endpoint and no harvest job needs any more. Called now and then. */
    retain(): Promise<void>
    /** Deletes objects a crash left without a row. Called once, after start. */
    sweep(): Promise<void>
    /** Resolves when every write begun so far is done. */
    close(): Promise<void>
  }

export type ArchiveHost = {
  readonly segmentIndex: SegmentIndex
  readonly resources: Pick<Resources, 'channelByGuid' | 'retentionDemands' | 'forgetDeletedChannel'>
  readonly objects: Objects
  readonly clock: Clock
  readonly log: Log
  readonly retention: RetentionRules
}

/** Opens the archive: one timeline per input, over the segment index and the object store. */
export async function openArchive(host: ArchiveHost): Promise<Archive> {
  const { segmentIndex, objects, clock, log } = host
  const inputs = new Map<string, Input>()
  const versions = new Map<string, number>()
  const numberings = new Map<string, Promise<Numbering | undefined>>()
  /** Keys handed out whose rows are not committed yet. */
  const unrecorded = new Set<string>()
  /** Keys among them whose commits failed. */
  const doubtful = new Set<string>()
  let closing = false
  let sweeping: Promise<void> = Promise.resolve()

  const version = (channelGuid: string) => versions.get(channelGuid) ?? 0

  function inputOf(ref: IngestRef): Input {
    const id = `${ref.channelGuid}/${ref.ingestEndpointId}`
    const known = inputs.get(id)
    if (known) return known
    const changed = () => versions.set(ref.channelGuid, (versions.get(ref.channelGuid) ?? 0) + 1)
    const input = new Input(ref, { segmentIndex, clock, log, changed })
    inputs.set(id, input)
    return input
  }

  /** Until failover is built an endpoint follows input 1, or 2 if only that has content, and stays with it. */
  async function followedInput(channelGuid: string): Promise<Input | undefined> {
    const channel = await host.resources.channelByGuid(channelGuid)
    for (const { id } of channel?.ingestEndpoints ?? []) {
      const input = inputOf({ channelGuid, ingestEndpointId: id })
      await input.ready()
      if (input.hasContent()) return input
    }
    return undefined
  }

  async function openNumbering(endpoint: OriginEndpoint, seconds: number): Promise<Numbering | undefined> {
    const { guid, revision } = endpoint
    const existing = await segmentIndex.numberingOf({ guid, revision }, seconds)
    const input = existing ? inputOf(existing) : await followedInput(endpoint.channelGuid)
    if (!input) return undefined
    const numbering = existing ?? (await segmentIndex.openNumbering({ guid, revision }, input.ref, seconds))
    await input.fill(numbering)
    return numbering
  }

  async function numberingOf(endpoint: OriginEndpoint): Promise<Numbering | undefined> {
    const id = `${endpoint.guid}/${endpoint.revision}`
    const known = numberings.get(id)
    if (known) return known
    const opening = openNumbering(endpoint, endpoint.package.segmentDurationSeconds)
    numberings.set(id, opening)
    const drop = () => numberings.delete(id)
    // Neither a failure nor "nothing there yet" is remembered.
    opening.then((numbering) => numbering ?? drop(), drop)
    return opening
  }

  /** After a failed commit nobody knows whether the row exists, until the index is asked. */
  async function removeDoubtful(): Promise<void> {
    const keys = [...doubtful]
    if (keys.length === 0) return
    for (const key of await segmentIndex.unknownObjects(keys)) await objects.remove(key)
    for (const key of keys) {
      doubtful.delete(key)
      unrecorded.delete(key)
    }
  }

  function channelForgotten(channelGuid: string): void {
    for (const [id, { ref }] of inputs) if (ref.channelGuid === channelGuid) inputs.delete(id)
    versions.delete(channelGuid)
  }

  const windows = windowsOf({ segmentIndex, version, numberingOf, inputOf })

  return {
    async createObject({ channelGuid }) {
      const hour = new Date(Math.floor(clock() / HOUR_MS) * HOUR_MS).toISOString().slice(0, 13)
      const key = `${channelGuid}/${hour}/${randomBytes(16).toString('hex')}`
      unrecorded.add(key)
      try {
        const writer = await objects.create(key)
        const abort = () => writer.abort().finally(() => unrecorded.delete(key))
        return { key, writer: { write: (chunk) => writer.write(chunk), commit: () => writer.commit(), abort } }
      } catch (error) {
        unrecorded.delete(key)
        throw error
      }
    },

    async storeSegment(ref, object) {
      try {
        await inputOf(ref).apply({ kind: 'object' }, object)
        unrecorded.delete(object.key)
      } catch (error) {
        doubtful.add(object.key)
        throw error
      }
    },

    storeParentPlaylist: (ref, streams) => inputOf(ref).apply({ kind: 'parent playlist', streams }),
    storeMediaPlaylist: (ref, playlist) => inputOf(ref).apply({ kind: 'media playlist', playlist }),

    version,

    ...windows,

    read: (key, range) => objects.read(key, range),
    open: (key, range) => objects.open(key, range),
    file: (key) => objects.file(key),

    async tick() {
      await Promise.all(
        [...inputs.values()].map((input) =>
          input.passTime().catch((error: unknown) => {
            log.error({ ...input.ref, error }, 'could not let time pass for an input')
          }),
        ),
      )
    },

    async retain() {
      await removeDoubtful()
      await forgetOldContent({ ...host, inputOf, channelForgotten, isClosing: () => closing })
    },

    async sweep() {
      sweeping = sweepUnknownObjects({
        segmentIndex,
        objects,
        log,
        isUnrecorded: (key) => unrecorded.has(key),
        isClosing: () => closing,
      })
      await sweeping
    },

    async close() {
      closing = true
      await sweeping.catch(() => {})
      await Promise.all([...inputs.values()].map((input) => input.settled()))
    },
  }
}
