import { type Access, accessOf, dataFolderOf } from './access.ts'
import { CONNECTION_FLAGS, type FlagOptions, type Flags, neededFlag, parsedFlags, textFlag } from './job-flags.ts'
import { CommandMisused } from './terminal.ts'

type Environment = Readonly<Record<string, string | undefined>>

/** What `windrow backup` is asked to do. */
export type BackupRequest = {
  readonly folder: string
  readonly dataFolder: string
  /** Snapshots that are kept. */
  readonly keep: number
  readonly withBuckets: boolean
  /** Reads what is there, instead. */
  readonly verifies: boolean
  /** Resolves the server that may use the data folder, and its keys. Throws CommandFailed where there are none. */
  readonly access: () => Promise<Access>
}

/** What `windrow restore` is asked to do. */
export type RestoreRequest = {
  readonly folder: string
  readonly dataFolder: string
  /** The name of a snapshot; the newest when absent. */
  readonly snapshot: string | undefined
  /** Reads the snapshot, and restores nothing. */
  readonly isRehearsal: boolean
}

const DEFAULT_KEPT = 7
const MOST_KEPT = 1000

/** Reads the arguments of `windrow backup`. Throws CommandMisused. */
export function backupRequest(words: readonly string[], env: Environment): BackupRequest {
  const { folder, flags } = argumentsOf('backup', words, {
    ...CONNECTION_FLAGS,
    keep: { type: 'string' },
    buckets: { type: 'boolean' },
    verify: { type: 'boolean' },
  })
  if (env['WINDROW_DATABASE_URL']) {
    throw new CommandMisused(
      'WINDROW_DATABASE_URL is set: what is in PostgreSQL and S3 is backed up by their own tools; see docs/backup.md',
    )
  }
  const keep = Number(textFlag(flags['keep']) ?? DEFAULT_KEPT)
  if (!Number.isInteger(keep) || keep < 1 || keep > MOST_KEPT) {
    throw new CommandMisused(`--keep must be a number of snapshots from 1 to ${MOST_KEPT}`)
  }
  return {
    folder,
    dataFolder: dataFolderOf(flags, env),
    keep,
    withBuckets: flags['buckets'] === true,
    verifies: flags['verify'] === true,
    access: () => accessOf(flags, env),
  }
}

/** Reads the arguments of `windrow restore`. Throws CommandMisused. */
export function restoreRequest(words: readonly string[]): RestoreRequest {
  const { folder, flags } = argumentsOf('restore', words, {
    data: { type: 'string' },
    snapshot: { type: 'string' },
    'dry-run': { type: 'boolean' },
  })
  const isRehearsal = flags['dry-run'] === true
  return {
    folder,
    dataFolder: isRehearsal ? '' : neededFlag(flags, 'data'),
    snapshot: textFlag(flags['snapshot']),
    isRehearsal,
  }
}

function argumentsOf(
  command: string,
  words: readonly string[],
  options: FlagOptions,
): { folder: string; flags: Flags } {
  const { values, positionals } = parsedFlags(words, options)
  const [folder, extra] = positionals
  if (folder === undefined) throw new CommandMisused(`windrow ${command} needs the folder of the backup`)
  if (extra !== undefined) throw new CommandMisused(`unexpected argument "${extra}"`)
  return { folder, flags: values }
}
