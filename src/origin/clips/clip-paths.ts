import { createHash } from 'node:crypto'
import { CLIP_FILES, CLIP_KINDS, type ClipKind } from '../../model/clip.ts'
import type { PresentationKind } from '../../model/deliverable.ts'
import type { OriginEndpoint } from '../../model/origin-endpoint.ts'
import { underNames } from '../../packaging/asset-names.ts'
import { packagedAs } from '../../packaging/deliverables/packaged-as.ts'
import type { AssetOptions, SegmentRequest } from '../../packaging/output-format.ts'
import { outputFormatOf } from '../../packaging/packager.ts'

const KINDS: ReadonlyMap<string, ClipKind> = new Map(CLIP_KINDS.map((kind) => [kind.toLowerCase(), kind]))

/** A path below `/out/v1/<endpoint GUID>/` that names a file of a clip. */
export type ClipPath = {
  readonly id: string
  readonly kind: ClipKind
  /** The name of a manifest or of the MP4 file; where there is an edition, of a header or segment of that. */
  readonly file: string
  /** The beginning of names that tells an edition of the clip, and its encryption. */
  readonly edition?: string
}

/** Parses `clips/<id>/<format>/<file>`. The names of segments begin with what `editionName` gives. */
export function parseClipPath(path: string): ClipPath | undefined {
  const [, id, folder = '', file] = /^clips\/([\w-]{1,256})\/([a-z0-9]{3,4})\/(.+)$/.exec(path) ?? []
  const kind = KINDS.get(folder)
  if (id === undefined || file === undefined || !kind) return undefined
  const form = kind === 'MSS' ? /^index\.ism\/(s\d{1,15}(?:e[0-9a-f]{8})?)\// : /^(s\d{1,15}(?:e[0-9a-f]{8})?)_/
  const [, edition] = form.exec(file) ?? []
  return { id, kind, file, ...(edition !== undefined && { edition }) }
}

/** An endpoint as it presents a clip in a format. */
export function presentedAs(endpoint: OriginEndpoint, kind: PresentationKind): OriginEndpoint {
  return packagedAs(endpoint, kind, false)
}

/**
 * What names of segments of a clip begin with: another beginning for each edition, and for each encryption of the
 * endpoint that presents it, so that no name ever refers to other bytes.
 */
export function editionName(edition: number, { packaging: { encryption } }: OriginEndpoint): string {
  if (!encryption) return `s${edition}`
  // Not the role, by which keys are only asked for.
  const { roleArn: _, ...provider } = encryption.spekeKeyProvider
  const settings = JSON.stringify({ ...encryption, spekeKeyProvider: provider })
  return `s${edition}e${createHash('sha256').update(settings).digest('hex').slice(0, 8)}`
}

/** The names of the files of an edition of a clip. */
export function namesOf(edition: string): Required<Pick<AssetOptions, 'manifests' | 'segments'>> {
  return { manifests: 'index', segments: edition }
}

/** True for the file that players ask for first: the MP4, or the parent manifest, whose name an asset does not know. */
export function isFirst({ kind, file }: Pick<ClipPath, 'kind' | 'file'>): boolean {
  return file === CLIP_FILES[kind]
}

/** The header or segment that a path names; undefined where there is none of that name. */
export function segmentNamed(endpoint: OriginEndpoint, { kind, file, edition }: ClipPath): SegmentRequest | undefined {
  if (edition === undefined || kind === 'MP4') return undefined
  const presented = underNames(presentedAs(endpoint, kind), namesOf(edition))
  // Fragments of Smooth Streaming have names of their own in a folder of the edition.
  const name = kind === 'MSS' ? file.replace(`${edition}/`, '') : file
  const request = outputFormatOf(presented)?.resolve(presented, name)
  return request?.kind === 'segment' ? request : undefined
}
