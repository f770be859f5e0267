import { folderOfKey, type HarvestJob } from '../../model/harvest-job.ts'
import type { AssetNames } from '../../model/harvest-run.ts'
import type { BucketKeyOwner, HarvestRecords } from '../../stores/harvest-records.ts'
import { HarvestFailed } from '../harvest-failed.ts'
import { ownDigest } from '../window/asset-window.ts'
import type { HarvestWindow } from '../window/harvest-window.ts'
import { type AssetFiles, manifestKeys, reportKey } from './files.ts'
import { takeInventory } from './inventory.ts'

type NamesAnswer = Awaited<ReturnType<HarvestRecords['claimBucketKeys']>>

/** Stems tried for each kind of file: more clips than that under one name are a mistake. */
const MOST_STEMS = 1000

/**
 * Chooses the names of an asset: those of the endpoint's settings, except for each kind of file of which another asset
 * in the folder has a name. That kind takes the stem of the manifest key, with a number behind it if that is taken too.
 * Segments whose numbers are the asset's own never have the names of the endpoint, nor those of another choice of
 * ranges under the same key. `takenBy` answers which kind of file under the names has one that another asset has.
 */
export async function freeNames(
  job: HarvestJob,
  window: HarvestWindow,
  takenBy: (names: AssetNames) => Promise<keyof AssetNames | undefined>,
): Promise<AssetNames> {
  const counts = { manifests: 0, segments: 0, report: 0 }
  const digest = ownDigest(job, window)
  const stem = stemOf(job)
  const own = digest === undefined ? {} : { segments: `${stem}-${digest}` }
  let names: AssetNames = own
  for (;;) {
    const kind = await takenBy(names)
    if (!kind) return names
    const count = ++counts[kind]
    if (count > MOST_STEMS) throw new HarvestFailed('NameTaken', 'The folder has too many assets; choose another one.')
    const taken = kind === 'segments' ? own.segments : undefined
    const next = count + (taken === undefined ? 0 : 1)
    names = { ...names, [kind]: next === 1 ? stem : `${taken ?? stem}-${next}` }
  }
}

/** The file name of the manifest key, without its extension. */
function stemOf({ s3Destination }: HarvestJob): string {
  const { manifestKey } = s3Destination
  const file = manifestKey.slice(folderOfKey(manifestKey).length)
  const dot = file.lastIndexOf('.')
  return dot > 0 ? file.slice(0, dot) : file
}

/**
 * Checks the names of an asset without claiming any, and answers which kind of file has a name of another asset. Throws
 * HarvestFailed when another endpoint has a name, or another asset that of the parent manifest.
 */
export async function takenKind(
  job: HarvestJob,
  { files, window, names }: { files: AssetFiles; window: HarvestWindow; names: AssetNames },
  resources: Pick<HarvestRecords, 'bucketKeysOwner'>,
): Promise<keyof AssetNames | undefined> {
  let taken: keyof AssetNames | undefined
  await takeInventory({ job, files, window, names }, async (keys) => {
    taken ??= kindOf({ job, files, names }, await resources.bucketKeysOwner({ ...assetChoosing(job, names), keys }))
  })
  return taken
}

/** The kind of file that an answer of the ledger refuses, if any. Throws as `takenKind` does. */
export function kindOf(
  { job, files, names }: { job: HarvestJob; files: AssetFiles; names: AssetNames },
  { owner }: NamesAnswer,
): keyof AssetNames | undefined {
  if (!owner) return undefined
  if (owner.by === 'an unsettled asset') return 'segments'
  if (owner.by === 'another endpoint' || files.named.includes(owner.key)) throw nameTaken(job, owner)
  if (owner.key === reportKey(job, names)) return 'report'
  return manifestKeys(job, files, names).includes(owner.key) ? 'manifests' : 'segments'
}

/** The asset that asks the ledger for names. */
export function assetOf({ s3Destination, endpoint }: HarvestJob) {
  const { bucketName, manifestKey } = s3Destination
  return { bucket: bucketName, endpointGuid: endpoint.guid, manifestKey }
}

/** The same before it has chosen any: a job that follows the live edge may come to need all names of the endpoint. */
export function assetChoosing(job: HarvestJob, { segments }: AssetNames) {
  return { ...assetOf(job), ...(segments === undefined && ({ isAlone: true } as const)) }
}

export function nameTaken({ s3Destination }: HarvestJob, { key, jobId, by }: BucketKeyOwner): HarvestFailed {
  const theirs = `${key} in bucket ${s3Destination.bucketName}, which harvest job ${jobId} wrote`
  const whose = by === 'another endpoint' ? ' from another origin endpoint' : ' for another asset'
  return new HarvestFailed('NameTaken', `The asset would overwrite ${theirs}${whose}; choose another folder.`)
}
