/** What is measured when all is over. One verdict that fails keeps no other from being told. */
import { type InTurn, inWords, longestOf } from '../e2e/encoders-in-turn.ts'
import type { Ingest } from '../judges/aws.ts'
import { eventually } from '../judges/processes.ts'
import type { Accounts, Cluster } from './cluster.ts'
import type { Harvests } from './harvests.ts'
import type { PlaybackRecord } from './playback-record.ts'
import type { Promised, PutRecord } from './put-record.ts'
import type { Auditor, Node, UrlRecord } from './url-record.ts'

export type Evidence = {
  readonly cluster: Cluster
  readonly puts: PutRecord
  readonly urls: UrlRecord
  readonly auditor: Auditor
  readonly harvests: Harvests
  readonly playback: PlaybackRecord
  readonly seen: InTurn['watched']
  /** By method, the slowest answer in milliseconds. */
  readonly slow: ReadonlyMap<string, number>
  /** By endpoint, its URL. */
  readonly manifests: ReadonlyMap<string, string>
  /** Before all media, in milliseconds since 1970. */
  readonly since: number
  /** The inputs of the ladder. */
  readonly tv: readonly Ingest[]
  /** Whether each segment of the ladder was put until it was taken. */
  readonly isInsistent: boolean
  /** Channels of one input whose every segment was put until it was taken. */
  readonly insistent: readonly { readonly id: string; readonly ingest: Ingest; readonly url: string }[]
  readonly log: (line: string) => void
}

export type Verdicts = {
  readonly faults: readonly string[]
  readonly figures: Readonly<Record<string, string | number>>
}

type Figures = Record<string, string | number>

const AT_ONCE = 8
/** Of one verdict. */
const MOST_FAULTS = 25

export async function verdicts(evidence: Evidence): Promise<Verdicts> {
  const { log } = evidence
  const faults: string[] = []
  const figures: Figures = {}
  for (const verdict of [ofViewers, ofHarvests, ofUrls, ofPromises, ofBucket, ofLeftovers]) {
    const began = performance.now()
    const found = await verdict(evidence, figures).catch((error: unknown) => [`${verdict.name}: ${String(error)}`])
    log(`${verdict.name}: ${found.length} faults, judged in ${((performance.now() - began) / 1000).toFixed(0)} s`)
    for (const fault of found.slice(0, MOST_FAULTS)) log(`FAULT ${fault}`)
    faults.push(...found)
  }
  return { faults, figures }
}

async function ofViewers({ seen, playback, puts, slow, log }: Evidence, figures: Figures): Promise<readonly string[]> {
  for (const line of inWords(seen)) log(line.slice(0, 300))
  for (const line of playback.inWords()) log(`players were answered: ${line}`)
  for (const { engine, output, stalls } of seen) {
    figures[`longest stall, ${engine} ${output}`] = `${longestOf(stalls).toFixed(2)} s`
  }
  figures['PUTs by status'] = JSON.stringify(Object.fromEntries(puts.statuses))
  figures['slowest PUT that was taken, ms'] = Math.round(puts.slowestMs)
  figures['slowest answers, ms'] = JSON.stringify(Object.fromEntries(slow))
  return playback.faultsOf(seen)
}

async function ofHarvests({ cluster, harvests }: Evidence, figures: Figures): Promise<readonly string[]> {
  cluster.expectAlive()
  const harvested = await harvests.judge()
  figures['harvests'] = harvested.figures
  return harvested.faults
}

/** All that was listed, and each URL that anybody was ever given, once more at every node. */
async function ofUrls(evidence: Evidence, figures: Figures): Promise<readonly string[]> {
  const { cluster, auditor, urls, manifests, since } = evidence
  for (const id of ['tv-hls', 'exact', 'large']) {
    const manifest = new URL(manifests.get(id)!).pathname
    const paths = await auditor.pathsWithin(cluster.nodes[0]!, manifest, since, Date.now() + 60_000)
    for (const path of paths) if (!urls.digestOf(path)) await auditor.fetch(cluster.nodes[0]!, path)
  }
  figures['refusals'] = JSON.stringify(Object.fromEntries(auditor.refusals))
  const faults: string[] = []
  const { paths } = urls
  const again = async (node: Node, path: string) => {
    let reason: string | undefined
    for (let tries = 0; tries < 3; tries++) {
      reason = await auditor.fetch(node, path)
      if (reason === undefined) return
    }
    faults.push(`${path} is not to be had at ${node.url} any more: ${reason}`)
  }
  const each = (path: string) => Promise.all(cluster.nodes.map((node) => again(node, path)))
  for (let at = 0; at < paths.length; at += AT_ONCE) await Promise.all(paths.slice(at, at + AT_ONCE).map(each))
  figures['URLs compared'] = urls.size
  figures['media not there yet at a node'] = urls.late.size
  return [...faults, ...urls.violations]
}

async function ofPromises(evidence: Evidence, figures: Figures): Promise<readonly string[]> {
  const { puts, urls, insistent, tv, manifests, isInsistent, log } = evidence
  const faults: string[] = []
  for (const { id, ingest, url } of insistent) {
    const { digests } = urls.below(folderOf(url))
    const promised = puts.of(ingest.url)
    const lost = promised.filter(({ digest }) => !digests.has(digest))
    faults.push(...lost.map(({ name }) => `${id}: ${name} was promised, and is not served`))
    figures[`${id}, segments`] = `${promised.length} promised, ${lost.length} not served`
  }
  const promised = tv.map(({ url }) => puts.of(url))
  const { count, missing } = missingMedia(promised, urls, folderOf(manifests.get('tv-hls')!))
  figures['tv, segments'] = `${count} promised at either input, ${missing.length} not served`
  if (missing.length > 0) log(`not served of tv: ${missing.join(' ')}`)
  // ffmpeg does not insist, and the others of a ladder wait only so long: what comes later than that is not served.
  if (isInsistent) faults.push(...missing.map((name) => `tv: ${name} was promised, and is not served`))
  return faults
}

async function ofBucket({ cluster }: Evidence, figures: Figures): Promise<readonly string[]> {
  const accounts = await cluster.accounts()
  figures['in the bucket'] = inNumbers(accounts)
  return [
    ...accounts.unknown.map((key) => `no row knows ${key}`),
    ...accounts.missing.map((key) => `a row knows ${key}, which is not in the bucket`),
  ]
}

/** What is left of nodes that were killed, an hour later. */
async function ofLeftovers({ cluster }: Evidence, figures: Figures): Promise<readonly string[]> {
  await cluster.ageStaged()
  await Promise.all([...cluster.nodes.keys()].map((n) => cluster.killNode(n, 0)))
  const began = performance.now()
  let left = Number.NaN
  const probe = async () => {
    const { staged, pending, unknown, uploads } = await cluster.accounts()
    left = staged + pending + unknown.length + uploads.length
    return left === 0 || undefined
  }
  try {
    await eventually('what killed nodes left to go', probe, () => left)
  } finally {
    figures['left after an hour, gone in'] = `${((performance.now() - began) / 1000).toFixed(1)} s`
    figures['in the bucket an hour later'] = inNumbers(await cluster.accounts())
  }
  return []
}

const inNumbers = ({ unknown, missing, uploads, ...counts }: Accounts) =>
  JSON.stringify({ ...counts, unknown: unknown.length, missing: missing.length, uploads: uploads.length })

const folderOf = (url: string) => new URL('.', url).pathname

/**
 * What either input was promised and no viewer was given, by the time of its first picture: of the stream that shows
 * other media of its rendition. Counts what came before anything was shown as none.
 */
function missingMedia(
  inputs: readonly (readonly Promised[])[],
  urls: UrlRecord,
  folder: string,
): { readonly count: number; readonly missing: readonly string[] } {
  const { streams } = urls.below(folder)
  const first = Math.min(...[...streams.values()].flatMap(({ times }) => [...times]))
  const promised = Map.groupBy(
    inputs.flat().filter(({ pts }) => pts !== undefined && pts >= first),
    ({ name }) => name.replace(/\d+\.ts$/, ''),
  )
  let count = 0
  const missing: string[] = []
  for (const [rendition, segments] of promised) {
    const digests = segments.map(({ digest }) => digest)
    const shown = [...streams.values()].filter((stream) => digests.some((digest) => stream.digests.has(digest)))
    const times = new Set(segments.map(({ pts }) => pts!))
    count += times.size
    const lost = [...times].filter((pts) => !shown.some((stream) => stream.times.has(pts)))
    missing.push(...lost.map((pts) => `${rendition}@${(pts / 90_000).toFixed(0)}`))
  }
  return { count, missing }
}
