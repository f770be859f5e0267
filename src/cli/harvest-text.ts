import type { ForecastReport, HarvestReport } from '../control/harvest-operations.ts'

const BAR = 24

/** The state of a job in one line of at most `columns` characters. */
export function progressLine(job: HarvestReport, columns: number): string {
  const { progress } = job
  const { planned, written = 0 } = progress?.segments ?? {}
  const parts = [job.id, job.state, ...barOf(job)]
  if (progress)
    parts.push(`${planned === undefined ? written : `${written}/${planned}`} segments`, bytesText(progress.bytes))
  if (progress?.making) parts.push(`${progress.making.name} ${Math.floor(progress.making.share * 100)} %`)
  if (progress?.bytesPerSecond !== undefined) parts.push(`${bytesText(progress.bytesPerSecond)}/s`)
  if (progress?.secondsLeft !== undefined && job.state === 'RUNNING')
    parts.push(`${clockText(progress.secondsLeft)} left`)
  if (job.nextAttemptAt) parts.push(`${job.attempts > 0 ? 'again' : 'begins'} at ${job.nextAttemptAt}`)
  if (job.failure && job.state === 'QUEUED') parts.push(job.failure.message)
  return parts.join('  ').slice(0, Math.max(20, columns - 1))
}

/**
 * A bar for the part of the job that is written, or, while it follows the live edge, the part of its window that has
 * passed.
 */
function barOf({ progress, startTime, endTime }: HarvestReport): string[] {
  if (!progress) return []
  const { segments, secondsLeft = 0 } = progress
  const { planned, written } = segments
  if (planned === undefined && secondsLeft === 0) return []
  const passed = 1 - (secondsLeft * 1000) / (instantOf(endTime) - instantOf(startTime))
  const share = planned === undefined ? passed : written / Math.max(1, planned)
  return [barText(share)]
}

/** A bar for a share from 0 to 1. */
export function barText(share: number): string {
  const within = Math.max(0, Math.min(1, share))
  const full = Math.round(within * BAR)
  return `[${'#'.repeat(full)}${'-'.repeat(BAR - full)}] ${Math.floor(within * 100)} %`
}

/** Milliseconds since 1970 of a time the API has accepted: ISO 8601, or seconds since 1970. */
const instantOf = (text: string): number => (/^[\d.]+$/.test(text) ? Number(text) * 1000 : Date.parse(text))

/** The outcome of a job, in lines for a person. */
export function outcomeText(job: HarvestReport): string {
  const { s3Destination, progress, failure } = job
  const lines = [[job.id, job.state, ...barOf(job)].join('  ')]
  if (job.firstProgramDateTime) lines.push(`  content  ${job.firstProgramDateTime} to ${job.lastProgramDateTime}`)
  for (const { originEndpointId, firstProgramDateTime, lastProgramDateTime } of job.ranges ?? []) {
    if (firstProgramDateTime)
      lines.push(`  range    ${firstProgramDateTime} to ${lastProgramDateTime} of ${originEndpointId}`)
  }
  if (progress) lines.push(`  objects  ${progress.objects}, ${bytesText(progress.bytes)}`)
  if (job.encryption === 'NONE') lines.push('  clear    nothing of it is encrypted, as was asked for')
  if (job.copyRefusal) lines.push(`  sent     ${job.copyRefusal}`)
  lines.push(...gapLines(job))
  if (job.state === 'SUCCEEDED') lines.push(`  asset    ${s3Destination.bucketName}/${s3Destination.manifestKey}`)
  if (failure) lines.push(...failureLines(failure))
  return `${lines.join('\n')}\n`
}

export function forecastText(forecast: ForecastReport): string {
  const lines = [forecast.wouldSucceed ? 'The job would succeed.' : 'The job would fail.']
  if (forecast.firstProgramDateTime) {
    lines.push(`  content  ${forecast.firstProgramDateTime} to ${forecast.lastProgramDateTime}`)
    lines.push(`  objects  ${forecast.segments} segments and ${forecast.manifests} manifests`)
  }
  lines.push(...gapLines(forecast))
  if (forecast.waitsForLiveEdge) lines.push('  waits    for the rest of the window')
  if (forecast.overwritesParentManifest) lines.push('  replaces the parent manifest of an earlier asset')
  for (const failure of forecast.failures) lines.push(...failureLines(failure))
  return `${lines.join('\n')}\n`
}

type Gaps = Pick<HarvestReport, 'gaps' | 'gapCount'>

function gapLines({ gaps = [], gapCount = 0 }: Gaps): string[] {
  const shown = gaps.slice(0, 10).map(({ startTime, endTime, track }) => {
    return `  gap      ${startTime} to ${endTime}${track === undefined ? '' : `, ${track} only`}`
  })
  return gapCount > shown.length ? [...shown, `           and ${gapCount - shown.length} more`] : shown
}

function failureLines({ code, message, nearestWindow }: NonNullable<HarvestReport['failure']>): string[] {
  const nearest = nearestWindow ? [`  try      --start ${nearestWindow.startTime} --end ${nearestWindow.endTime}`] : []
  return [`  ${code.padEnd(8)} ${message}`, ...nearest]
}

/** Formats bytes in decimal units, as disks and networks count. */
export function bytesText(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB']
  let value = bytes
  let unit = 0
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000
    unit++
  }
  return `${unit === 0 ? value : value.toPrecision(3)} ${units[unit]}`
}

export function clockText(seconds: number): string {
  const two = (value: number) => String(value).padStart(2, '0')
  const minutes = Math.floor(seconds / 60)
  if (minutes < 60) return `${minutes}:${two(Math.floor(seconds % 60))}`
  return `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${two(Math.floor(seconds % 60))}`
}
