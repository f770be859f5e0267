import type { CopyProgress } from '../archive-copy/progress.ts'
import type { BackupReport } from '../backup/backup.ts'
import type { RestoreReport } from '../backup/restore.ts'
import type { VerificationReport } from '../backup/verification.ts'
import { CopyDisplay } from './copy-display.ts'
import { bytesText, clockText } from './harvest-text.ts'
import { CLEAR_LINE, type Terminal } from './terminal.ts'

/** Shows a backup or a restore: on a terminal as one line that changes, elsewhere as lines of JSON. */
export class BackupDisplay {
  private readonly terminal: Terminal
  private readonly line: CopyDisplay
  private readonly began: number

  constructor(terminal: Terminal) {
    this.terminal = terminal
    this.line = new CopyDisplay(terminal)
    this.began = terminal.now()
  }

  progress(progress: CopyProgress): void {
    this.line.progress(progress)
  }

  /** Leaves the line to the reason. */
  failed(): void {
    this.line.failed()
  }

  backedUp({ takenAt, ...report }: BackupReport): void {
    const moment = new Date(takenAt).toISOString()
    this.end({ outcome: 'BACKED_UP', ...report, takenAt: moment }, (seconds) => backupText(report, moment, seconds))
  }

  verified(report: VerificationReport): void {
    this.end({ outcome: report.faults === 0 ? 'VERIFIED' : 'DAMAGED', ...report }, (seconds) =>
      verificationText(report, seconds),
    )
  }

  restored(report: RestoreReport): void {
    this.end({ outcome: report.missing === 0 ? 'RESTORED' : 'RESTORED_IN_PART', ...report }, (seconds) =>
      restoreText(report, seconds),
    )
  }

  private end(outcome: object, text: (seconds: number) => string): void {
    const { terminal } = this
    const seconds = (terminal.now() - this.began) / 1000
    terminal.write(terminal.isTerminal ? CLEAR_LINE + text(seconds) : `${JSON.stringify({ ...outcome, seconds })}\n`)
  }
}

function backupText(report: Omit<BackupReport, 'takenAt'>, moment: string, seconds: number): string {
  const { added, linked, bytes, objects, lost, lostKeys, bucketFiles, removed } = report
  const lines = [`Backed up in ${clockText(seconds)}: snapshot ${report.snapshot}`]
  lines.push(`  moment   ${moment}: all that was acknowledged until then is in it`)
  lines.push(`  media    ${objects} objects, of which ${added} are new (${bytesText(bytes)}, ${linked} linked)`)
  if (report.buckets === 'included') lines.push(`  buckets  ${bucketFiles} files`)
  if (report.buckets === 'left out') lines.push('  buckets  left out; --buckets includes them')
  lines.push(...listed('lost', lost, 'objects, which the archive does not have whole:', lostKeys))
  if (removed.snapshots > 0) lines.push(`  removed  ${removed.snapshots} snapshots, ${removed.objects} objects`)
  return `${lines.join('\n')}\n`
}

function verificationText({ snapshots, objects, bytes, faults, told }: VerificationReport, seconds: number): string {
  const lines = [
    `${faults === 0 ? 'Verified' : 'Damaged'}: ${snapshots.length} snapshots, read in ${clockText(seconds)}`,
  ]
  lines.push(`  media    ${objects} objects, ${bytesText(bytes)}`)
  lines.push(...listed('faults', faults, 'objects:', told))
  return `${lines.join('\n')}\n`
}

function restoreText(report: RestoreReport, seconds: number): string {
  const { snapshot, objects, linked, bytes, lost, missing, told, bucketFiles, restartedJobs } = report
  const lines = [`Restored in ${clockText(seconds)}: snapshot ${snapshot}`]
  lines.push(`  media    ${objects} objects, ${bytesText(bytes)}, ${linked} linked`)
  if (bucketFiles > 0) lines.push(`  buckets  ${bucketFiles} files`)
  if (restartedJobs > 0) lines.push(`  jobs     ${restartedJobs} harvest jobs in progress begin anew`)
  if (lost > 0) lines.push(`  lost     ${lost} objects, which the archive had lost before`)
  lines.push(...listed('missing', missing, 'objects, which the backup should have:', told))
  lines.push('  next     start Windrow with the same settings as before, and --data with this folder')
  return `${lines.join('\n')}\n`
}

function listed(name: string, count: number, says: string, some: readonly string[]): readonly string[] {
  return count === 0 ? [] : [`  ${name.padEnd(8)} ${count} ${says}`, ...some.map((each) => `           ${each}`)]
}
