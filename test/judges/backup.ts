import { PROGRAM } from './archive-copy.ts'
import { type Running, start } from './processes.ts'
import type { Windrow } from './windrow.ts'

/** What the last line of `windrow backup` says. */
export type BackupOutcome = {
  readonly outcome: 'BACKED_UP'
  readonly snapshot: string
  readonly takenAt: string
  readonly objects: number
  readonly added: number
  readonly linked: number
  readonly lost: number
  readonly removed: { readonly snapshots: number; readonly objects: number }
}

/** What the last line of `windrow restore` says. */
export type RestoreOutcome = {
  readonly outcome: 'RESTORED'
  readonly objects: number
  readonly lost: number
  readonly missing: number
}

function startCommand(args: readonly string[], environment: Readonly<Record<string, string>> = {}): Running {
  return start(process.execPath, [PROGRAM, ...args], { env: { PATH: process.env['PATH'], ...environment } })
}

/** Starts a backup of a server's data folder. */
export function startBackup(
  { url, dataFolder, accessKeyId, secretAccessKey }: Windrow,
  folder: string,
  ...flags: readonly string[]
): Running {
  return startCommand(['backup', folder, '--data', dataFolder, '--url', url, ...flags], {
    WINDROW_ACCESS_KEY_ID: accessKeyId,
    WINDROW_SECRET_ACCESS_KEY: secretAccessKey,
  })
}

/** Runs a backup of a server's data folder to its end. Throws with what it said when it fails. */
export async function backUpOf(server: Windrow, folder: string, ...flags: readonly string[]): Promise<BackupOutcome> {
  return outcomeOf<BackupOutcome>(startBackup(server, folder, ...flags), 'backup')
}

/** Restores the newest snapshot of a backup. Throws with what it said when it fails. */
export async function restoreTo(folder: string, dataFolder: string): Promise<RestoreOutcome> {
  return outcomeOf<RestoreOutcome>(startCommand(['restore', folder, '--data', dataFolder]), 'restore')
}

/** Reads a whole backup. Throws with what it said when something is not as it should be. */
export async function verifyBackup(folder: string): Promise<{ readonly faults: number; readonly objects: number }> {
  return outcomeOf(startCommand(['backup', folder, '--verify']), 'backup --verify')
}

async function outcomeOf<Outcome>(running: Running, name: string): Promise<Outcome> {
  const ended = await running.ended
  if (ended !== 0) throw new Error(`${name} ended with ${ended}:\n${running.said()}`)
  return JSON.parse(running.said().trimEnd().split('\n').at(-1)!) as Outcome
}
