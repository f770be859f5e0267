import { type ManifestFilter, parseManifestFilter } from '../../model/manifest-filter.ts'
import { quoteValue, refuse } from '../../model/rules.ts'
import { type ViewingWindow, viewingWindow } from '../../model/viewing-window.ts'
import type { OutputRequest } from '../../packaging/output-format.ts'

/** The parameters by which a request differs from one for the live manifest. */
export type ManifestQuery = {
  readonly window?: ViewingWindow
  readonly filter?: ManifestFilter
  /** The parent manifest has no EXT-X-SESSION-KEY. */
  readonly excludesSessionKeys?: true
}

/** Parameters that have an effect. All others are ignored, including `m`. */
const ACTING = ['start', 'end', 'aws.manifestfilter', 'aws.drmsettings']
/** Values of `aws.drmsettings`: MediaPackage v1 writes the first, v2 the second. */
const DRM_SETTINGS = ['excludesessionkeys', 'exclude_session_keys']

/**
 * Reads the query parameters of a playback request, and the times in its path. Throws RuleViolation, with a sentence
 * for the client.
 */
export function parseManifestQuery(request: OutputRequest, queryString: string): ManifestQuery {
  const given = actingParameters(queryString)
  const [first] = given.keys()
  if (request.kind === 'segment' || !request.isParent) {
    if (first !== undefined) refuse(first, 'applies to parent manifests only')
    return request.kind === 'segment' ? {} : windowOf(request.times.start, request.times.end)
  }
  const timed = given.has('start') ? 'start' : given.has('end') ? 'end' : undefined
  if (timed && !request.takesTimes)
    refuse(timed, `belongs in the path of this manifest, as ${timed}/<time>/ before its name`)
  if (timed && request.times.depth > 0) refuse(timed, 'is already in the path')
  const drmSettings = given.get('aws.drmsettings')
  if (drmSettings !== undefined && !DRM_SETTINGS.includes(drmSettings.toLowerCase())) {
    refuse('aws.drmsettings', `must be ${DRM_SETTINGS[0]}, got ${quoteValue(drmSettings)}`)
  }
  const filter = given.get('aws.manifestfilter')
  return {
    ...windowOf(given.get('start') ?? request.times.start, given.get('end') ?? request.times.end),
    ...(filter !== undefined && { filter: parseManifestFilter(filter) }),
    ...(drmSettings !== undefined && { excludesSessionKeys: true }),
  }
}

function windowOf(start: string | undefined, end: string | undefined): ManifestQuery {
  const window = viewingWindow(start, end)
  return window ? { window } : {}
}

/** The parameters of a query that have an effect. Throws RuleViolation when one occurs twice. */
export function actingParameters(queryString: string, acting = ACTING): ReadonlyMap<string, string> {
  const given = new Map<string, string>()
  if (queryString === '' || /^m=\d*$/.test(queryString)) return given
  for (const [name, value] of new URLSearchParams(queryString)) {
    if (!acting.includes(name)) continue
    if (given.has(name)) refuse(name, 'occurs more than once')
    given.set(name, value)
  }
  return given
}
