import { createHash } from 'node:crypto'
import { dirname, posix } from 'node:path'
import { isManifest, manifestProblems } from './asset-manifests.ts'
import { type AssetPlace, assetPlace, type OpenBucket } from './asset-place.ts'
import { bytesText } from './harvest-text.ts'
import { CLEAR_LINE, CommandFailed, type Terminal } from './terminal.ts'

/** The members of a `harvest.json` that it is checked by. */
type Report = {
  readonly harvestJob: string
  readonly manifestKey: string
  readonly objects: readonly { readonly key: string; readonly size: number; readonly sha256?: string }[]
  /** Present where its segments are encrypted. */
  readonly encryption?: { readonly method?: unknown }
}

/** A reading stopped after so many bytes is no manifest. */
const MOST_MANIFEST_BYTES = 256 * 1024 * 1024
/** Problems that are told one by one; the others are counted. */
const MOST_TOLD = 20

/**
 * `windrow harvest verify`: checks an asset against its report, without a server: that every object is there, with its
 * size and hash, and that its manifests refer to nothing else, and end. Encrypted segments are not decrypted. `where`
 * is a folder, a `harvest.json`, the URL of either, or either in a bucket, as `s3://BUCKET/PATH`. Resolves to the exit
 * code. Throws CommandFailed where there is no report, or what has it does not answer.
 */
export async function verifyAsset(where: string, terminal: Terminal, openBucket: OpenBucket): Promise<number> {
  const place = await assetPlace(where.replace(/\/?([^/]*harvest\.json)?$/, ''), openBucket)
  try {
    return await verifyIn(place, where, terminal)
  } finally {
    place.close()
  }
}

async function verifyIn(place: AssetPlace, where: string, terminal: Terminal): Promise<number> {
  const reportName = /([^/]*harvest\.json)$/.exec(where)?.[1] ?? 'harvest.json'
  const report = await reportIn(place, reportName)
  const folder = dirname(report.manifestKey)
  const nameOf = (key: string) => posix.relative(folder, key)
  const problems: string[] = []
  let bytes = 0
  for (const [i, { key, size, sha256 }] of report.objects.entries()) {
    const name = nameOf(key)
    const found = isBelow(name) ? await digestOf(place, name, size) : undefined
    if (!found) problems.push(`${key} is missing`)
    else if (found.size > size) problems.push(`${key} is longer than its ${size} bytes`)
    else if (found.size !== size) problems.push(`${key} has ${found.size} bytes instead of ${size}`)
    else if (sha256 !== undefined && found.sha256 !== sha256) problems.push(`${key} is damaged: its SHA-256 differs`)
    bytes += found?.size ?? 0
    if (terminal.isTerminal)
      terminal.write(`${CLEAR_LINE}${i + 1}/${report.objects.length} objects  ${bytesText(bytes)}`)
  }
  problems.push(...(await problemsOfManifests(place, report, nameOf)))
  tell(terminal, { report, place, problems, bytes })
  return problems.length === 0 ? 0 : 1
}

/** A report from anywhere names nothing outside of the asset's folder. */
function isBelow(name: string): boolean {
  return name.split('/')[0] !== '..' && !posix.isAbsolute(name)
}

async function reportIn(place: AssetPlace, name: string): Promise<Report> {
  const text = await textOf(place, name)
  if (text === undefined) {
    throw new CommandFailed(`there is no ${name} in ${place.text}: a harvest writes it with --report`)
  }
  try {
    const report = JSON.parse(text) as Report
    if (isReport(report)) return report
  } catch {
    // What it lacks is said below.
  }
  throw new CommandFailed(`${name} in ${place.text} is not the report of a harvest`)
}

function isReport({ manifestKey, objects }: Report): boolean {
  return (
    typeof manifestKey === 'string' &&
    Array.isArray(objects) &&
    objects.every((object) => typeof object?.key === 'string' && typeof object.size === 'number')
  )
}

/** The digest of an object, which is not read further once it is longer than it should be: it may have no end. */
async function digestOf(
  place: AssetPlace,
  name: string,
  mostBytes: number,
): Promise<{ size: number; sha256: string } | undefined> {
  const pieces = await place.read(name)
  if (!pieces) return undefined
  const hash = createHash('sha256')
  let size = 0
  for await (const piece of pieces) {
    hash.update(piece)
    size += piece.length
    if (size > mostBytes) break
  }
  return { size, sha256: hash.digest('hex') }
}

async function textOf(place: AssetPlace, name: string): Promise<string | undefined> {
  const pieces = await place.read(name)
  if (!pieces) return undefined
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const piece of pieces) {
    size += piece.length
    if (size > MOST_MANIFEST_BYTES) throw new CommandFailed(`${name} in ${place.text} is too large for a manifest`)
    chunks.push(piece)
  }
  return Buffer.concat(chunks).toString()
}

/** What is wrong with the manifests: the parent, which the report does not list, and all that it does. */
async function problemsOfManifests(
  place: AssetPlace,
  { manifestKey, objects }: Report,
  nameOf: (key: string) => string,
): Promise<readonly string[]> {
  const parent = posix.basename(manifestKey)
  const known = new Set(objects.map(({ key }) => nameOf(key)).filter(isBelow))
  const problems: string[] = []
  // Of files without a presentation, the key need not be one: several may be named after it.
  for (const name of new Set([parent, ...known])) {
    if (!isManifest(name)) continue
    const text = await textOf(place, name)
    // That one of the others is missing is told already.
    if (text !== undefined) problems.push(...manifestProblems(name, text, known))
    else if (name === parent) problems.push(`${manifestKey} is missing`)
  }
  return problems
}

function tell(
  terminal: Terminal,
  found: { report: Report; place: AssetPlace; problems: readonly string[]; bytes: number },
): void {
  const { report, place, problems, bytes } = found
  const { harvestJob, objects } = report
  const isEncrypted = report.encryption !== undefined
  if (!terminal.isTerminal) {
    const found = { isIntact: problems.length === 0, isEncrypted, objects: objects.length, bytes, problems }
    terminal.write(`${JSON.stringify({ harvestJob, ...found })}\n`)
    return
  }
  // Names from anywhere give a terminal no commands.
  const told = problems.slice(0, MOST_TOLD).map((problem) => `  ${problem.replaceAll(/\p{Cc}/gu, '\ufffd')}`)
  if (problems.length > told.length) told.push(`  and ${problems.length - told.length} more`)
  if (isEncrypted) told.push('  encrypted: what its segments decrypt to is not checked')
  const verdict = problems.length === 0 ? 'is complete and intact' : `has ${problems.length} problems`
  const lines = [`${place.text} ${verdict}: ${objects.length} objects, ${bytesText(bytes)}`, ...told]
  terminal.write(`${CLEAR_LINE}${lines.join('\n')}\n`)
}
