import type { HarvestReport } from '../../../src/control/harvest-operations.ts'
import { byteRateText, bytesText } from '../amounts.ts'
import { durationText } from '../time/duration-text.ts'

/** How far a job is, from 0 to 1; undefined until its segments are known. */
export function shareDone({ status, progress }: Pick<HarvestReport, 'status' | 'progress'>): number | undefined {
  if (status === 'SUCCEEDED') return 1
  const { planned, written } = progress?.segments ?? {}
  if (planned === undefined || written === undefined || planned === 0) return undefined
  return Math.min(1, written / planned)
}

/** Rate and time left of a job that runs, in a line: `12.4 MB/s, 20 s left`. */
export function paceText({ progress }: Pick<HarvestReport, 'progress'>): string {
  const { bytesPerSecond, secondsLeft, making } = progress ?? {}
  return [
    making && `${making.name} ${Math.floor(making.share * 100)} %`,
    bytesPerSecond !== undefined && byteRateText(bytesPerSecond),
    secondsLeft !== undefined && `${durationText(secondsLeft * 1000)} left`,
  ]
    .filter(Boolean)
    .join(', ')
}

/** What a job has written: `12 of 40 segments, 81.2 MB`. */
export function writtenText({ progress }: Pick<HarvestReport, 'progress'>): string {
  if (!progress) return ''
  const { planned, written } = progress.segments
  return `${planned === undefined ? written : `${written} of ${planned}`} segments, ${bytesText(progress.bytes)}`
}

/** A request for a job with the window that would work in place of the one that did not. */
export function nearestRequest(job: HarvestReport, id: string): object | undefined {
  const window = job.failure?.nearestWindow
  if (!window || job.ranges) return undefined
  const { originEndpointId, s3Destination, gapPolicy, earlyEndPolicy, report, deliverables, cut, encryption } = job
  const options = { gapPolicy, earlyEndPolicy, report, deliverables, cut, encryption }
  return { id, originEndpointId, s3Destination, ...window, ...options }
}

/** An id like that of another job, which no job of `taken` has. */
export function nextId(id: string, taken: (id: string) => boolean): string {
  const [, stem = id, number = '1'] = /^(.*)-([1-9]\d{0,5})$/.exec(id) ?? []
  for (let n = Number(number) + 1; ; n++) if (!taken(`${stem}-${n}`)) return `${stem}-${n}`
}
