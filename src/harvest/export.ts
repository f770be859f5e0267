import type { ArchiveReader } from '../archive/reader.ts'
import type { HarvestJob } from '../model/harvest-job.ts'
import type { Asset, OutputFormat, SegmentBody, TextBody } from '../packaging/output-format.ts'
import type { SourceMedia } from '../packaging/source-media.ts'
import type { Resources } from '../stores/resources.ts'
import type { Bucket, Buckets, ObjectBody } from './bucket.ts'
import { HarvestFailed } from './harvest-failed.ts'
import { inLanes } from './lanes.ts'
import { patiently, type Sleep } from './patience.ts'
import { harvestWindow, type WindowHost } from './window.ts'

export type ExportHost = WindowHost & {
  readonly archive: Omit<ArchiveReader, 'open'>
  readonly media: SourceMedia
  readonly buckets: Buckets
  readonly resources: Pick<Resources, 'claimBucketKeys'>
  /** Objects written at once. Memory: as many of the largest segment. */
  readonly lanes: number
}

/** What an asset that is complete consists of. */
export type ExportReport = { readonly segments: number; readonly manifests: number; readonly bytes: number }

/**
 * Writes the asset of a job: segments, then their playlists, then the parent manifest, which is durable only after
 * everything it points to. Doing it again writes the same. Throws HarvestFailed or BucketRefused, in words for the
 * job's owner; when the signal aborts, it stops between two objects or inside one and leaves no parent manifest of its own.
 */
export async function exportAsset(
  job: HarvestJob,
  format: OutputFormat,
  host: ExportHost,
  signal: AbortSignal,
): Promise<ExportReport> {
  const { archive, sleep } = host
  const { bucketName, manifestKey } = job.s3Destination
  const bucket = await patiently(() => host.buckets.open(job.s3Destination, signal), sleep, signal)
  const window = await harvestWindow(job, host, signal)
  const asset = format.asset(job.endpoint, window)
  if (!asset || asset.segments.length === 0) {
    throw new HarvestFailed('The window holds no stream that the origin endpoint lets through.')
  }

  const folder = manifestKey.slice(0, manifestKey.lastIndexOf('/') + 1)
  const keys = assetKeys(asset, folder, manifestKey)
  const claim = { bucket: bucketName, keys, jobId: job.id, endpointGuid: job.endpoint.guid }
  const { owner } = await host.resources.claimBucketKeys(claim)
  if (owner) {
    const theirs = `${owner.key} in bucket ${bucketName}, which harvest job ${owner.jobId} wrote`
    throw new HarvestFailed(`The asset would overwrite ${theirs} from another origin endpoint; choose another folder.`)
  }

  let bytes = 0
  const put = async (key: string, body: ObjectBody, putSignal: AbortSignal) => {
    await patiently(() => bucket.put(key, body, putSignal), sleep, putSignal)
    bytes += body.size
  }
  await inLanes(asset.segments, host.lanes, signal, async (segment, laneSignal) => {
    const { name } = segment
    const body = await segment.body(host.media)
    if (!body) throw new Error(`no bytes for the segment ${name} of the asset`)
    await put(folder + name, await objectBody(body, archive), laneSignal)
  })
  await inLanes(asset.manifests, host.lanes, signal, ({ name, body }, laneSignal) =>
    put(folder + name, textBody(body()), laneSignal),
  )
  await flush(bucket, host.sleep, signal)
  await put(manifestKey, textBody(asset.parent), signal)
  await flush(bucket, host.sleep, signal)
  return { segments: asset.segments.length, manifests: asset.manifests.length + 1, bytes }
}

const flush = (bucket: Bucket, sleep: Sleep, signal: AbortSignal) => patiently(() => bucket.flush(), sleep, signal)

function assetKeys(asset: Asset, folder: string, manifestKey: string): readonly string[] {
  const children = [...asset.segments, ...asset.manifests].map(({ name }) => folder + name)
  if (children.includes(manifestKey)) {
    throw new HarvestFailed(`The manifest key ${manifestKey} is the name of another file of the same asset.`)
  }
  return [...children, manifestKey]
}

/** Local files stay files, so that a bucket can link or stream them. */
async function objectBody(body: SegmentBody, archive: Omit<ArchiveReader, 'open'>): Promise<ObjectBody> {
  if (body.kind === 'bytes') return body
  const { contentType, size } = body
  const keys = body.kind === 'object' ? [body.key] : body.keys
  const paths = keys.flatMap((key) => archive.file(key) ?? [])
  if (paths.length === keys.length) return { kind: 'files', paths, contentType, size }
  const parts = await Promise.all(keys.map((key) => archive.read(key)))
  return { kind: 'bytes', parts, contentType, size }
}

function textBody({ contentType, text }: TextBody): ObjectBody {
  const bytes = Buffer.from(text)
  return { kind: 'bytes', parts: [bytes], contentType, size: bytes.length }
}
