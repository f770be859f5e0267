import type { DashManifest, HlsManifest } from './manifest.ts'
import type { StreamSelection } from './packaging.ts'
import { between, matching, refuse } from './rules.ts'

// Each rule takes the JSON path of the checked value in the API that was called, and throws RuleViolation with it.

const MAX_INTEGER = 2 ** 31 - 1
const FOURTEEN_DAYS = 1_209_600

/** Checks a name of a manifest or of segments: file names begin with it, and numbers follow. */
export function checkedName(path: string, name: string): string {
  return matching(path, name, /^[0-9A-Za-z_-]{1,200}$/, '1 to 200 letters, digits, "_" or "-"')
}

export function checkedSegmentDuration(path: string, seconds: number): number {
  return between(path, seconds, 1, 30)
}

/** Checks the length of a live window, in seconds; `most` is the quota. */
export function checkedManifestWindow(path: string, seconds: number, most: number): number {
  return between(path, seconds, 1, most)
}

export function checkedStreamSelection(path: string, selection: StreamSelection): StreamSelection {
  const { maxVideoBitsPerSecond: most, minVideoBitsPerSecond: least } = selection
  between(`${path}.maxVideoBitsPerSecond`, most, 0, MAX_INTEGER)
  between(`${path}.minVideoBitsPerSecond`, least, 0, MAX_INTEGER)
  if (least > most) refuse(`${path}.minVideoBitsPerSecond`, 'must not be greater than maxVideoBitsPerSecond')
  return selection
}

type Dated = Pick<HlsManifest, 'adMarkers' | 'programDateTimeIntervalSeconds'>

/** Checks the dates of an HLS manifest: EXT-X-DATERANGE needs EXT-X-PROGRAM-DATE-TIME, RFC 8216 §4.3.2.7. */
export function checkDates(path: string, { adMarkers, programDateTimeIntervalSeconds: interval }: Dated): void {
  between(`${path}.programDateTimeIntervalSeconds`, interval, 0, FOURTEEN_DAYS)
  if (adMarkers === 'DATERANGE' && interval === 0) {
    refuse(`${path}.programDateTimeIntervalSeconds`, 'must be greater than 0 with adMarkers DATERANGE')
  }
}

/** Checks the rules of a DASH manifest about Periods, times and UTC timing. */
export function checkDashManifest(path: string, manifest: DashManifest): void {
  const { periodTriggers, segmentTemplateFormat, profile, utcTiming, utcTimingUri } = manifest
  if (periodTriggers.length > 0 && segmentTemplateFormat === 'NUMBER_WITH_DURATION') {
    refuse(`${path}.periodTriggers`, 'must be empty with segmentTemplateFormat NUMBER_WITH_DURATION')
  }
  if (periodTriggers.length > 0 && profile === 'HYBRIDCAST') {
    refuse(`${path}.periodTriggers`, 'must be empty with profile HYBRIDCAST')
  }
  if (utcTimingUri !== undefined && utcTiming === 'NONE') {
    refuse(`${path}.utcTimingUri`, 'requires a utcTiming other than NONE')
  }
  between(`${path}.minBufferTimeSeconds`, manifest.minBufferTimeSeconds, 0, 3600)
  between(`${path}.minUpdatePeriodSeconds`, manifest.minUpdatePeriodSeconds, 1, 3600)
  between(`${path}.suggestedPresentationDelaySeconds`, manifest.suggestedPresentationDelaySeconds, 0, 3600)
}

type SegmentTemplate = Pick<DashManifest, 'segmentTemplateFormat'> & { readonly segmentDurationSeconds: number }

/**
 * Checks an update of the segment template. With NUMBER_WITH_DURATION players calculate segment numbers from their
 * duration, so it can be chosen at creation only, and the duration cannot change.
 */
export function checkTemplateChange(path: string, next: SegmentTemplate, current: SegmentTemplate): void {
  const wasCounted = current.segmentTemplateFormat === 'NUMBER_WITH_DURATION'
  const isCounted = next.segmentTemplateFormat === 'NUMBER_WITH_DURATION'
  if (wasCounted && !isCounted) {
    refuse(`${path}.segmentTemplateFormat`, 'cannot be changed from NUMBER_WITH_DURATION')
  }
  if (wasCounted && next.segmentDurationSeconds !== current.segmentDurationSeconds) {
    refuse(`${path}.segmentDurationSeconds`, 'cannot be changed with segmentTemplateFormat NUMBER_WITH_DURATION')
  }
  if (isCounted && !wasCounted) {
    refuse(`${path}.segmentTemplateFormat`, 'NUMBER_WITH_DURATION can only be chosen when the endpoint is created')
  }
}
