import { constants } from 'node:fs'
import { copyFile, link, access as look, stat } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import type { CopyProgress } from './archive-copy/progress.ts'
import { refuseNested } from './backup/apart.ts'
import { addSnapshot, type BackupReport, type BackupSource } from './backup/backup.ts'
import { BackupFailed } from './backup/backup-failed.ts'
import { BackupFolder, type Snapshot } from './backup/backup-folder.ts'
import { type RestoreReport, restoreSnapshot } from './backup/restore.ts'
import { type VerificationReport, verifySnapshots } from './backup/verification.ts'
import { type ApiClient, apiClient, ServerAway } from './cli/api-client.ts'
import type { BackupRequest, RestoreRequest } from './cli/backup-flags.ts'
import { CREDENTIALS_FILE } from './config/credentials.ts'
import { KEY_ENCRYPTION_KEY_FILE, KEY_SERVER_SECRET_FILE } from './config/key-encryption-key.ts'
import { bucketsIn, databaseIn, objectsIn } from './stores/data-folder.ts'
import { openFileObjects } from './stores/file-objects.ts'
import { snapshotIn } from './stores/index-snapshots.ts'
import { DatabaseInUse } from './stores/resources.ts'
import { copyUnusedIndex } from './stores/sqlite/index-file.ts'

/** What belongs to an archive beside its index and its media. */
const FILES = [CREDENTIALS_FILE, KEY_ENCRYPTION_KEY_FILE, KEY_SERVER_SECRET_FILE]
/** Errors of a disk that takes nothing more. */
const TAKES_NOTHING = new Set(['ENOSPC', 'EDQUOT', 'EROFS'])
const SNAPSHOT_ID = /^[0-9a-f-]{36}$/

type Options = {
  /** Milliseconds since 1970. */
  readonly now: () => number
  readonly progress: (progress: CopyProgress) => void
}

/** Makes a backup of a data folder, whether or not a server uses it. Throws BackupFailed and CommandFailed. */
export async function backUpConfigured(request: BackupRequest, { now, progress }: Options): Promise<BackupReport> {
  const dataFolder = resolve(request.dataFolder)
  await look(databaseIn(dataFolder)).catch(() => {
    throw new BackupFailed(`there is no archive in ${dataFolder}; name its data folder with --data`)
  })
  await refuseNested(resolve(request.folder), dataFolder)
  const buckets = bucketsIn(dataFolder)
  const source: BackupSource = {
    place: dataFolder,
    objects: await openFileObjects(objectsIn(dataFolder), { isRead: true }),
    takeIndex: await indexTaker(dataFolder, request, now),
    files: FILES.map((name) => join(dataFolder, name)),
    buckets: (await isFolder(buckets)) ? { folder: buckets, isWanted: request.withBuckets } : undefined,
  }
  const backup = await BackupFolder.begin(resolve(request.folder))
  try {
    return await addSnapshot(source, backup, { keep: request.keep, now, progress })
  } catch (error) {
    throw namedPlace(backup.path, error)
  } finally {
    backup.close()
  }
}

/** Reads all snapshots of a backup. Throws BackupFailed. */
export async function verifyConfigured(
  { folder }: Pick<BackupRequest, 'folder'>,
  { progress }: Pick<Options, 'progress'>,
): Promise<VerificationReport> {
  const backup = await BackupFolder.read(resolve(folder))
  try {
    return await verifySnapshots(await backup.snapshots(), backup, progress)
  } finally {
    backup.close()
  }
}

/** Restores a snapshot, or reads it to see whether it could be. Throws BackupFailed. */
export async function restoreConfigured(
  { folder, dataFolder, snapshot: name, isRehearsal }: RestoreRequest,
  { progress }: Pick<Options, 'progress'>,
): Promise<RestoreReport | VerificationReport> {
  const backup = await BackupFolder.read(resolve(folder))
  try {
    const snapshot = chosen(await backup.snapshots(), folder, name)
    if (isRehearsal) return await verifySnapshots([snapshot], backup, progress)
    await refuseNested(resolve(folder), resolve(dataFolder))
    return await restoreSnapshot(snapshot, backup, { dataFolder: resolve(dataFolder), files: FILES, progress })
  } catch (error) {
    throw namedPlace(resolve(dataFolder), error)
  } finally {
    backup.close()
  }
}

/** The error of a disk that takes nothing more, which does not name it, with the folder that is written to. */
function namedPlace(folder: string, error: unknown): unknown {
  const { code = '', message } = error as NodeJS.ErrnoException
  return TAKES_NOTHING.has(code) ? new BackupFailed(`cannot write to ${folder}: ${message}`, { cause: error }) : error
}

function chosen(snapshots: readonly Snapshot[], folder: string, name: string | undefined): Snapshot {
  const [newest] = snapshots
  if (newest === undefined) throw new BackupFailed(`${folder} has no snapshot: its first backup was not finished`)
  const snapshot = name === undefined ? newest : snapshots.find((each) => each.name === name)
  if (snapshot) return snapshot
  throw new BackupFailed(`${folder} has no snapshot ${name}, but ${snapshots.map((each) => each.name).join(', ')}`)
}

/** How copies of the index are taken: by the server that uses the data folder, or without one. */
async function indexTaker(dataFolder: string, request: BackupRequest, now: () => number) {
  const database = databaseIn(dataFolder)
  let keysMissing: unknown
  const access = await request.access().catch((error: unknown) => {
    keysMissing = error
    return undefined
  })
  const api = access && apiClient(access, now)

  const withoutServer = async (path: string) => {
    try {
      await copyUnusedIndex(database, path)
    } catch (error) {
      if (!(error instanceof DatabaseInUse)) throw error
      if (!access) throw keysMissing
      const message = `${error.message}, and no server answers at ${access.url}; give its address with --url`
      throw new BackupFailed(message, { cause: error })
    }
  }

  return async (path: string) => {
    if (!api) return withoutServer(path)
    try {
      await takeFromServer(api, dataFolder, path)
    } catch (error) {
      if (!(error instanceof ServerAway)) throw error
      await withoutServer(path)
    }
  }
}

/** Takes a snapshot that the server makes in the data folder that it has in common with this process. */
async function takeFromServer(api: ApiClient, dataFolder: string, path: string): Promise<void> {
  const { id } = (await api.ask('POST', 'index_snapshots')) as { readonly id: string }
  if (!SNAPSHOT_ID.test(id)) throw new BackupFailed('the server answered, but not as Windrow does')
  try {
    await takeFile(snapshotIn(dataFolder, id), path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    throw new BackupFailed(`the server that answers has another data folder than ${dataFolder}`, { cause: error })
  } finally {
    // Otherwise the server deletes it when it makes others.
    await api.ask('DELETE', `index_snapshots/${id}`).catch(() => {})
  }
}

async function takeFile(from: string, to: string): Promise<void> {
  try {
    await link(from, to)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') throw error
    await copyFile(from, to, constants.COPYFILE_EXCL)
  }
}

async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  )
}
