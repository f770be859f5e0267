import { CLIP_MANIFESTS } from '../../model/clip.ts'
import type { PresentationKind } from '../../model/deliverable.ts'
import type { OriginEndpoint } from '../../model/origin-endpoint.ts'
import { underNames } from '../../packaging/asset-names.ts'
import { packagedAs } from '../../packaging/deliverables/packaged-as.ts'
import type { AssetOptions, SegmentRequest } from '../../packaging/output-format.ts'
import { outputFormatOf } from '../../packaging/packager.ts'

const KINDS: ReadonlyMap<string, PresentationKind> = new Map([
  ['hls', 'HLS'],
  ['cmaf', 'CMAF'],
  ['dash', 'DASH'],
  ['mss', 'MSS'],
])

/** A path below `/out/v1/<endpoint GUID>/` that names a file of a clip. */
export type ClipPath = {
  readonly id: string
  readonly kind: PresentationKind
  /** The name of a manifest; where there is an edition, of a header or segment of that. */
  readonly file: string
  readonly edition?: number
}

/** Parses `clips/<id>/<format>/<file>`. The names of segments begin with `s` and the edition of the clip. */
export function parseClipPath(path: string): ClipPath | undefined {
  const [, id, folder = '', file] = /^clips\/([\w-]{1,256})\/([a-z]{3,4})\/(.+)$/.exec(path) ?? []
  const kind = KINDS.get(folder)
  if (id === undefined || file === undefined || !kind) return undefined
  const [, edition] = (kind === 'MSS' ? /^index\.ism\/s(\d{1,15})\// : /^s(\d{1,15})_/).exec(file) ?? []
  return { id, kind, file, ...(edition !== undefined && { edition: Number(edition) }) }
}

/** An endpoint as it presents a clip in a format. */
export function presentedAs(endpoint: OriginEndpoint, kind: PresentationKind): OriginEndpoint {
  return packagedAs(endpoint, kind, false)
}

/** The names of the files of an edition of a clip. */
export function namesOf(edition: number): Required<Pick<AssetOptions, 'manifests' | 'segments'>> {
  return { manifests: 'index', segments: `s${edition}` }
}

/** The name of the parent manifest, which the asset itself does not know. */
export function isParent({ kind, file }: ClipPath): boolean {
  return file === CLIP_MANIFESTS[kind]
}

/** The header or segment that a path names; undefined where there is none of that name. */
export function segmentNamed(endpoint: OriginEndpoint, { kind, file, edition }: ClipPath): SegmentRequest | undefined {
  if (edition === undefined) return undefined
  const presented = underNames(presentedAs(endpoint, kind), namesOf(edition))
  // Fragments of Smooth Streaming have names of their own in a folder of the edition.
  const name = kind === 'MSS' ? file.replace(`s${edition}/`, '') : file
  const request = outputFormatOf(presented)?.resolve(presented, name)
  return request?.kind === 'segment' ? request : undefined
}
