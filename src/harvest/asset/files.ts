import type { ArchiveReader } from '../../archive/reader.ts'
import { folderOfKey, type HarvestJob } from '../../model/harvest-job.ts'
import type { AssetNames } from '../../model/harvest-run.ts'
import {
  inOrder,
  type OutputSegment,
  type SegmentSummary,
  type SlotObject,
  type SummaryWindow,
} from '../../model/output-segment.ts'
import type { NumberRange } from '../../model/segment-numbers.ts'
import type { StoredBytes } from '../../model/source-segment.ts'
import type { ContentKeys } from '../../packaging/content-keys.ts'
import type { ExactEdges } from '../../packaging/exact/exact-edges.ts'
import type {
  AssetFileName,
  AssetFormat,
  AssetSegment,
  SegmentBatch,
  SegmentBatches,
  SegmentBody,
  TextBody,
  WholeFileSource,
} from '../../packaging/output-format.ts'
import type { SourceMedia } from '../../packaging/segments/source-media.ts'
import type { ArchivedObject, ObjectBody } from '../../stores/object-body.ts'
import { HarvestFailed } from '../harvest-failed.ts'

/** The source of an asset's bytes. */
export type AssetSource = WholeFileSource & { readonly archive: ArchiveReader; readonly contentKeys: ContentKeys }

/**
 * An object of an asset. `body` makes its bytes, the same at each call; they are valid until `release`, where there is
 * one.
 */
export type AssetObject = {
  readonly key: string
  readonly body: () => Promise<ObjectBody & { release?(): void }>
}

/** The key of a segment or header; `track` names the media playlist it belongs to. */
export type SegmentKey = Pick<AssetObject, 'key'> & {
  readonly track: string
  /** True when a later segment may still change its bytes. */
  readonly isOpen: boolean
  /** The output segments after it on which its bytes depend, where they do. */
  readonly announces?: NumberRange
}

export type SegmentObject = AssetObject & SegmentKey

/** What an object of an asset is made of: source objects of one output segment. */
export type ObjectSource = Pick<AssetObject, 'key'> & {
  readonly segment: OutputSegment
  readonly objects: readonly SlotObject[]
}

/** An object that is made of all segments of a window. */
export type WholeFileObject = SegmentKey & {
  /** Its bytes, which are freed by `close`. Throws LostMedia, and HarvestFailed when there is nothing for it. */
  body(batches: SegmentBatches, signal: AbortSignal): Promise<ObjectBody & { close(): Promise<void> }>
}

/** The files of an asset, children before their parents. */
export type AssetFiles = {
  readonly headers: readonly SegmentObject[]
  /** The keys of a batch's segments. Throws HarvestFailed when the parent manifest would replace one of them. */
  keysOf(batch: SegmentBatch<SegmentSummary>): readonly SegmentKey[]
  /** The objects of a batch's segments. Throws as `keysOf` does. */
  segmentsOf(batch: SegmentBatch): readonly SegmentObject[]
  /** What the objects of a batch's segments are made of. */
  sourcesOf(batch: SegmentBatch): readonly ObjectSource[]
  readonly wholeFiles: readonly WholeFileObject[]
  readonly manifests: readonly AssetObject[]
  /** Keys that the job names: those of its parent manifests and of what is made of the whole window. */
  readonly named: readonly string[]
  /** Absent where the asset has no manifest under the job's key: its report is written last then. */
  readonly parent?: AssetObject
}

/**
 * The objects of the asset made from a window of summaries. Throws HarvestFailed when the endpoint selects nothing of
 * it, when there is nothing for a deliverable, or when the parent manifest would replace a file it refers to.
 */
export function assetFiles(
  job: HarvestJob,
  { format, names, edges }: { format: AssetFormat; names: AssetNames; edges?: ExactEdges | undefined },
  window: SummaryWindow,
  source: AssetSource,
): AssetFiles {
  const { manifestKey } = job.s3Destination
  const asset = format.asset(job.endpoint, window, { ...names, ...(edges && { edges }) })
  if (!asset) throw noStreams()
  const [lacking] = asset.lacking ?? []
  if (lacking !== undefined) throw nothingFor(lacking)
  const folder = folderOfKey(manifestKey)
  const { parent } = asset
  const keyOf = (name: string) => {
    const key = folder + name
    if (key !== manifestKey || !parent) return key
    const message = `The manifest key ${manifestKey} is the name of another file of the same asset.`
    throw new HarvestFailed('NameClash', message)
  }
  const keyed = ({
    name,
    track,
    isOpen = false,
    announces,
  }: AssetFileName & Pick<AssetSegment, 'isOpen' | 'announces'>): SegmentKey => {
    return { key: keyOf(name), track, isOpen, ...(announces && { announces }) }
  }
  return {
    headers: asset.headers.map((file) => ({
      ...keyed(file),
      body: () => segmentBody(file.name, file.body(source.media, source.contentKeys), source),
    })),
    keysOf: (batch) => asset.segmentsOf(batch).map(keyed),
    segmentsOf: (batch) =>
      asset.segmentsOf(batch).map((file) => ({
        ...keyed(file),
        body: () => lentBody(file.name, (media) => file.body(batch, media, source.contentKeys), source),
      })),
    sourcesOf: (batch) =>
      asset.segmentsOf(batch).map(({ name, source: { place, stream } }) => {
        const segment = batch.segments[place]!
        return { key: keyOf(name), segment, objects: segment.slots.flatMap(({ objects }) => inOrder(objects[stream])) }
      }),
    wholeFiles: (asset.files ?? []).map((file) => ({
      ...keyed(file),
      async body(batches, signal) {
        const body = await file.body(batches, source, signal)
        if (!body) throw nothingFor(file.name)
        return { kind: 'stream', ...body }
      },
    })),
    manifests: asset.manifests.map(({ name, body }) => ({ key: keyOf(name), body: async () => textBody(body()) })),
    named: [
      manifestKey,
      ...(asset.files ?? []).map(({ name }) => keyOf(name)),
      ...asset.manifests.flatMap(({ name, isNamed }) => (isNamed ? [keyOf(name)] : [])),
    ],
    ...(parent && { parent: { key: manifestKey, body: async () => textBody(parent()) } }),
  }
}

export function noStreams(): HarvestFailed {
  return new HarvestFailed('NoStreams', 'The window has no stream that the origin endpoint selects.')
}

function nothingFor(name: string): HarvestFailed {
  return new HarvestFailed('NoStreams', `The window has nothing that ${name} could be made of.`)
}

/** The names of the asset except those of its segments and headers. */
export function manifestKeys(
  job: HarvestJob,
  { manifests, parent, wholeFiles }: AssetFiles,
  names: AssetNames,
): readonly string[] {
  const keys = [...wholeFiles, ...manifests, ...(parent ? [parent] : [])].map(({ key }) => key)
  return job.options?.report || !parent ? [...keys, reportKey(job, names)] : keys
}

export function reportKey({ s3Destination }: HarvestJob, { report }: AssetNames): string {
  return `${folderOfKey(s3Destination.manifestKey)}${report === undefined ? '' : `${report}_`}harvest.json`
}

/** A body that is made in memory of its own, which its release gives to the next. */
async function lentBody(
  name: string,
  make: (media: SourceMedia) => Promise<SegmentBody | undefined>,
  source: AssetSource,
): Promise<ObjectBody & { release(): void }> {
  const { media, end } = source.media.lendWhole()
  const body = await segmentBody(name, make(media), source)
  return { ...body, release: end }
}

async function segmentBody(
  name: string,
  made: Promise<SegmentBody | undefined>,
  { archive }: AssetSource,
): Promise<ObjectBody> {
  const body = await made
  if (!body) throw new Error(`no bytes for the segment ${name} of the asset`)
  if (body.kind === 'bytes') return body
  const { contentType, size, sources } = body
  if (body.kind === 'objects') {
    return { kind: 'objects', objects: body.objects.map((object) => archived(object, archive)), contentType, size }
  }
  // The index knows the hash of a single object that the archive kept.
  const [sha256] = sources
  const object = archived(body.object, archive)
  return { kind: 'object', object, contentType, size, ...(sha256 !== undefined && { sha256 }) }
}

/** An object of the archive as a bucket takes it over, or reads it when it is written. */
function archived(object: StoredBytes, archive: Pick<ArchiveReader, 'location' | 'open'>): ArchivedObject {
  const location = archive.location(object.key)
  return { ...object, open: () => archive.open(object), ...(location && { location }) }
}

function textBody({ contentType, text }: TextBody): ObjectBody {
  const bytes = Buffer.from(text)
  return { kind: 'bytes', parts: [bytes], contentType, size: bytes.length }
}
