import type { CopyReport } from '../archive-copy/copy.ts'
import type { CopyProgress } from '../archive-copy/progress.ts'
import { barText, bytesText, clockText } from './harvest-text.ts'
import { CLEAR_LINE, type Terminal } from './terminal.ts'

/** Intervals between two lines of progress, in milliseconds. */
const ON_TERMINAL_MS = 100
const ELSEWHERE_MS = 5000

const UNITS = { media: 'objects', rows: 'rows', verification: 'rows' } as const

/** Shows a copy: on a terminal as one line that changes; elsewhere as lines of JSON, some for each phase. */
export class CopyDisplay {
  private readonly terminal: Terminal
  private readonly began: number
  private phase: CopyProgress['phase'] | undefined
  private phaseBegan = 0
  private shownAt = 0

  constructor(terminal: Terminal) {
    this.terminal = terminal
    this.began = terminal.now()
  }

  progress(progress: CopyProgress): void {
    const { terminal } = this
    const now = terminal.now()
    const isNew = progress.phase !== this.phase
    if (isNew) this.phaseBegan = now
    this.phase = progress.phase
    if (!isNew && now - this.shownAt < (terminal.isTerminal ? ON_TERMINAL_MS : ELSEWHERE_MS)) return
    this.shownAt = now
    terminal.write(
      terminal.isTerminal
        ? CLEAR_LINE + progressText(progress, (now - this.phaseBegan) / 1000, terminal.columns)
        : `${JSON.stringify(progress)}\n`,
    )
  }

  /** Leaves the line to the reason. */
  failed(): void {
    if (this.terminal.isTerminal && this.phase !== undefined) this.terminal.write(CLEAR_LINE)
  }

  /** Shows the outcome, of everything or of media alone. */
  finished(report: CopyReport, only: 'media' | undefined): void {
    const outcome = only === 'media' ? 'MEDIA_COPIED' : 'COPIED'
    this.ended({ outcome, ...report }, (seconds) => reportText(report, seconds, only))
  }

  /** Shows an outcome, with the seconds that it took. */
  ended(outcome: object, text: (seconds: number) => string): void {
    const { terminal } = this
    const seconds = (terminal.now() - this.began) / 1000
    terminal.write(terminal.isTerminal ? CLEAR_LINE + text(seconds) : `${JSON.stringify({ ...outcome, seconds })}\n`)
  }
}

/** How far a copy has come, in one line. `seconds` have passed since its phase began. */
export function progressText({ phase, done, total, bytes }: CopyProgress, seconds: number, columns: number): string {
  const parts = [phase, barText(done / Math.max(1, total)), `${done}/${total} ${UNITS[phase]}`]
  if (phase === 'media') parts.push(bytesText(bytes), `${bytesText(bytes / Math.max(1, seconds))}/s`)
  if (done > 0 && done < total) parts.push(`${clockText((seconds / done) * (total - done))} left`)
  return parts.join('  ').slice(0, Math.max(20, columns - 1))
}

/** The outcome in lines for a person. */
export function reportText(report: CopyReport, seconds: number, only: 'media' | undefined): string {
  const { objects, bytes, rows, lost, lostKeys } = report
  const lines = [`${only === 'media' ? 'Media copied' : 'Copied'} in ${clockText(seconds)}.`]
  lines.push(`  media    ${objects} objects, ${bytesText(bytes)}, not counting what earlier runs copied`)
  if (only !== 'media') lines.push(`  rows     ${rows}, read again and the same`)
  lines.push(...listedText('lost', lost, 'objects, which the source does not have whole:', lostKeys))
  const next =
    only === 'media'
      ? 'stop the server, and run this again without --only media'
      : 'start Windrow on the copy with the same access-key-id and secret-access-key'
  return `${[...lines, `  next     ${next}`].join('\n')}\n`
}

/** Lines that tell of a number of objects, where there are any, and of some of them. */
export function listedText(name: string, count: number, says: string, some: readonly string[]): readonly string[] {
  return count === 0 ? [] : [`  ${name.padEnd(8)} ${count} ${says}`, ...some.map((each) => `           ${each}`)]
}
