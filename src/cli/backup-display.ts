import type { CopyProgress } from '../archive-copy/progress.ts'
import type { BackupReport } from '../backup/backup.ts'
import type { RestoreReport } from '../backup/restore.ts'
import type { VerificationReport } from '../backup/verification.ts'
import { CopyDisplay, listedText } from './copy-display.ts'
import { bytesText, clockText } from './harvest-text.ts'
import type { Terminal } from './terminal.ts'

/** Shows a backup or a restore: on a terminal as one line that changes, elsewhere as lines of JSON. */
export class BackupDisplay {
  private readonly line: CopyDisplay

  constructor(terminal: Terminal) {
    this.line = new CopyDisplay(terminal)
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
    this.line.ended({ outcome: 'BACKED_UP', ...report, takenAt: moment }, (seconds) =>
      backupText(report, moment, seconds),
    )
  }

  verified(report: VerificationReport): void {
    this.line.ended({ outcome: report.faults === 0 ? 'VERIFIED' : 'DAMAGED', ...report }, (seconds) =>
      verificationText(report, seconds),
    )
  }

  restored(report: RestoreReport): void {
    this.line.ended({ outcome: report.missing === 0 ? 'RESTORED' : 'RESTORED_IN_PART', ...report }, (seconds) =>
      restoreText(report, seconds),
    )
  }
}

function backupText(report: Omit<BackupReport, 'takenAt'>, moment: string, seconds: number): string {
  const { added, linked, bytes, objects, lost, lostKeys, bucketFiles, removed } = report
  const lines = [`Backed up in ${clockText(seconds)}: snapshot ${report.snapshot}`]
  lines.push(`  moment   ${moment}: all that was acknowledged until then is in it`)
  lines.push(`  media    ${objects} objects, of which ${added} are new (${bytesText(bytes)}, ${linked} linked)`)
  if (report.buckets === 'included') lines.push(`  buckets  ${bucketFiles} files`)
  if (report.buckets === 'left out') lines.push('  buckets  left out; --buckets includes them')
  lines.push(...listedText('lost', lost, 'objects, which the archive does not have whole:', lostKeys))
  if (removed.snapshots > 0) lines.push(`  removed  ${removed.snapshots} snapshots, ${removed.objects} objects`)
  return `${lines.join('\n')}\n`
}

function verificationText({ snapshots, objects, bytes, faults, told }: VerificationReport, seconds: number): string {
  const lines = [
    `${faults === 0 ? 'Verified' : 'Damaged'}: ${snapshots.length} snapshots, read in ${clockText(seconds)}`,
  ]
  lines.push(`  media    ${objects} objects, ${bytesText(bytes)}`)
  lines.push(...listedText('faults', faults, 'objects:', told))
  return `${lines.join('\n')}\n`
}

function restoreText(report: RestoreReport, seconds: number): string {
  const { snapshot, objects, linked, bytes, lost, missing, told, bucketFiles, restartedJobs } = report
  const lines = [`Restored in ${clockText(seconds)}: snapshot ${snapshot}`]
  lines.push(`  media    ${objects} objects, ${bytesText(bytes)}, ${linked} linked`)
  if (bucketFiles > 0) lines.push(`  buckets  ${bucketFiles} files`)
  if (restartedJobs > 0) lines.push(`  jobs     ${restartedJobs} harvest jobs in progress begin anew`)
  if (lost > 0) lines.push(`  lost     ${lost} objects, which the archive had lost before`)
  lines.push(...listedText('missing', missing, 'objects, which the backup should have:', told))
  lines.push('  next     start Windrow with the same settings as before, and --data with this folder')
  return `${lines.join('\n')}\n`
}
