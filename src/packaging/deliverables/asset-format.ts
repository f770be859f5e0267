import { isInTheClear } from '../../model/asset-encryption.ts'
import {
  type Deliverable,
  isPresentation,
  type NamedDeliverable,
  type PresentationKind,
} from '../../model/deliverable.ts'
import { deliverablesOf, type HarvestJob, isCutToFrame, kindsOf } from '../../model/harvest-job.ts'
import type { OriginEndpoint } from '../../model/origin-endpoint.ts'
import type { SummaryWindow } from '../../model/output-segment.ts'
import { cutsOf } from '../cuts.ts'
import {
  type Asset,
  type AssetFormat,
  type AssetOptions,
  type AssetSegment,
  type AssetWholeFile,
  distinct,
} from '../output-format.ts'
import { outputFormatOf } from '../packager.ts'
import { ShownWindow } from '../shown-window.ts'
import { type PlacedCut, placedCuts } from '../tracks/placed-cuts.ts'
import { metadataFile } from './metadata-file.ts'
import { audioFiles, cutAsAsked, movieFiles } from './movie-files.ts'
import { packagedAs } from './packaged-as.ts'
import { stillFiles } from './still-files.ts'
import { subtitleFiles } from './subtitle-files.ts'

/**
 * The format of a job's asset: what the endpoint has where nothing else is asked for, else all deliverables side by
 * side, with segments that several of them have in common written once. Undefined where a format is not implemented,
 * or would show in the clear what the endpoint encrypts.
 */
export function assetFormatOf(job: HarvestJob): AssetFormat | undefined {
  const own = outputFormatOf(job.endpoint)
  if (!own || kindsOf(job).some((kind) => isInTheClear(job.endpoint, kind))) return undefined
  const deliverables = deliverablesOf(job)
  return {
    asset(endpoint, window, { edges, ...naming } = {}) {
      const cuts = assetCuts(job, window)
      const options = { ...naming, ...(cuts && { cuts }) }
      const exact = edges && ShownWindow.ofEdges(window, edges)
      if (deliverables) return assetOf({ endpoint, window, deliverables, options, exact })
      return exact
        ? exactly(exact, (window) => own.asset(endpoint, window, naming))
        : own.asset(endpoint, window, options)
    },
  }
}

/** What the asset of a job shows of each range of its window, to the frame; undefined where it shows all segments. */
export function assetCuts(job: HarvestJob, window: SummaryWindow): readonly PlacedCut[] | undefined {
  return isCutToFrame(job) ? placedCuts(job.endpoint, window, cutsOf(job, window)) : undefined
}

function exactly(exact: ShownWindow, make: (window: SummaryWindow) => Asset | undefined): Asset | undefined {
  const asset = make(exact.summary)
  return asset && exact.asset(asset)
}

/** What all deliverables of an asset are made from. */
export type AssetOrder = {
  readonly endpoint: OriginEndpoint
  readonly window: SummaryWindow
  readonly deliverables: readonly NamedDeliverable[]
  readonly options: AssetOptions
  /** The window with its pictures encoded anew at its edges, for presentations and MP4 files. */
  readonly exact?: ShownWindow | undefined
}

function assetOf(order: AssetOrder): Asset | undefined {
  const presentations: { readonly asset: Asset; readonly named: NamedDeliverable }[] = []
  const files: AssetWholeFile[] = []
  const lacking: string[] = []
  for (const named of order.deliverables) {
    const { deliverable } = named
    if (isPresentation(deliverable)) {
      const asset = presentationOf(order, named, deliverable.kind)
      if (!asset) return undefined
      presentations.push({ asset, named })
      continue
    }
    const made = filesOf(order, named, deliverable)
    if (made.length === 0) lacking.push(named.file)
    files.push(...made)
  }
  const main = presentations.find(({ named }) => named.isMain)
  const assets = presentations.map(({ asset }) => asset)
  return {
    headers: distinct(assets.flatMap(({ headers }) => headers)),
    segmentsOf: (batch) => distinct(assets.flatMap((asset): readonly AssetSegment[] => asset.segmentsOf(batch))),
    lacking,
    files,
    manifests: presentations.flatMap(({ asset, named }) => [
      ...asset.manifests,
      ...(asset.parent && !named.isMain ? [{ name: named.file, isNamed: true as const, body: asset.parent }] : []),
    ]),
    ...(main?.asset.parent && { parent: main.asset.parent }),
  }
}

function presentationOf(order: AssetOrder, named: NamedDeliverable, kind: PresentationKind): Asset | undefined {
  const { exact, ...inexact } = order
  if (!exact) return packagedPresentation(inexact, named, kind)
  const { cuts: _, ...options } = order.options
  return exactly(exact, (window) => packagedPresentation({ ...inexact, window, options }, named, kind))
}

function packagedPresentation(
  { endpoint, window, deliverables, options }: AssetOrder,
  { file, isMain }: NamedDeliverable,
  kind: PresentationKind,
): Asset | undefined {
  const kinds = new Set(deliverables.map(({ deliverable }) => deliverable.kind))
  const areShared = kinds.has('CMAF') && kinds.has('DASH')
  const packaged = packagedAs(endpoint, kind, areShared)
  const shared = areShared ? ({ ...options, areShared } as const) : options
  const asset = outputFormatOf(packaged)?.asset(packaged, window, shared)
  // The files of a Smooth Streaming presentation are beside its manifest, which has a folder of its own.
  return asset && kind === 'MSS' && !isMain ? inFolder(asset, file.slice(0, file.lastIndexOf('/') + 1)) : asset
}

function inFolder(asset: Asset, folder: string): Asset {
  const moved = <File extends { readonly name: string }>(file: File): File => ({ ...file, name: folder + file.name })
  return {
    ...asset,
    headers: asset.headers.map(moved),
    segmentsOf: (batch) => asset.segmentsOf(batch).map(moved),
    manifests: asset.manifests.map(moved),
  }
}

function filesOf(
  order: AssetOrder,
  named: NamedDeliverable,
  deliverable: Exclude<Deliverable, { kind: PresentationKind }>,
): readonly AssetWholeFile[] {
  switch (deliverable.kind) {
    case 'MP4': {
      const { exact } = order
      if (!exact) return movieFiles(order, named, deliverable)
      // Where the window begins and ends is settled already.
      return exact.files(movieFiles(cutAsAsked({ ...order, window: exact.summary }), named, deliverable))
    }
    case 'AUDIO':
      return audioFiles(order, named, deliverable)
    case 'SUBTITLES':
      return subtitleFiles(order, named)
    case 'STILLS':
      return stillFiles(order, named, deliverable)
    case 'METADATA':
      return [metadataFile(order, named)]
  }
}
