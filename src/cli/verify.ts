import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { dirname, join, posix } from 'node:path'
import { parseMediaPlaylist } from '../manifests/hls/media-playlist-reader.ts'
import { parseMultivariantPlaylist } from '../manifests/hls/multivariant-playlist-reader.ts'
import { bytesText } from './harvest-text.ts'
import { CLEAR_LINE, CommandFailed, type Terminal } from './terminal.ts'

/** The members of a `harvest.json` that it is checked by. */
type Report = {
  readonly harvestJob: string
  readonly manifestKey: string
  readonly objects: readonly { readonly key: string; readonly size: number; readonly sha256?: string }[]
}

/** An asset, wherever it is: objects by their names relative to its folder. */
type Place = {
  readonly text: string
  /** Pieces of an object; undefined when it is not there. */
  read(name: string): Promise<AsyncIterable<Uint8Array> | undefined>
}

/** A reading stopped after so many bytes is no manifest. */
const MOST_MANIFEST_BYTES = 256 * 1024 * 1024
/** Problems that are told one by one; the others are counted. */
const MOST_TOLD = 20

/**
 * `windrow harvest verify`: checks an asset against its report, without a server: that every object is there, with its
 * size and hash, and that HLS playlists refer to nothing else. `where` is a folder, a `harvest.json`, or the URL of
 * either. Resolves to the exit code. Throws CommandFailed where there is no report.
 */
export async function verifyAsset(where: string, terminal: Terminal): Promise<number> {
  const place = placeOf(where.replace(/\/?([^/]*harvest\.json)?$/, ''))
  const reportName = /([^/]*harvest\.json)$/.exec(where)?.[1] ?? 'harvest.json'
  const report = await reportIn(place, reportName)
  const folder = dirname(report.manifestKey)
  const nameOf = (key: string) => posix.relative(folder, key)
  const problems: string[] = []
  let bytes = 0
  for (const [i, { key, size, sha256 }] of report.objects.entries()) {
    const name = nameOf(key)
    const found = isBelow(name) ? await digestOf(place, name) : undefined
    if (!found) problems.push(`${key} is missing`)
    else if (found.size !== size) problems.push(`${key} has ${found.size} bytes instead of ${size}`)
    else if (sha256 !== undefined && found.sha256 !== sha256) problems.push(`${key} is damaged: its SHA-256 differs`)
    bytes += found?.size ?? 0
    if (terminal.isTerminal)
      terminal.write(`${CLEAR_LINE}${i + 1}/${report.objects.length} objects  ${bytesText(bytes)}`)
  }
  problems.push(...(await manifestProblems(place, posix.basename(report.manifestKey), report, nameOf)))
  tell(terminal, { report, place, problems, bytes })
  return problems.length === 0 ? 0 : 1
}

/** A report from anywhere names nothing outside of the asset's folder. */
function isBelow(name: string): boolean {
  return name.split('/')[0] !== '..' && !posix.isAbsolute(name)
}

function placeOf(folder: string): Place {
  if (/^https?:\/\//.test(folder)) {
    return {
      text: folder,
      async read(name) {
        const answer = await fetch(`${folder}/${name.split('/').map(encodeURIComponent).join('/')}`)
        if (answer.ok && answer.body) return answer.body
        await answer.body?.cancel()
        if (answer.status === 404 || answer.status === 403) return undefined
        throw new CommandFailed(`GET ${answer.url} was answered ${answer.status}`)
      },
    }
  }
  const base = folder === '' ? '.' : folder
  return {
    text: base,
    async read(name) {
      const path = join(base, name)
      const isThere = await stat(path).then(
        (found) => found.isFile(),
        () => false,
      )
      return isThere ? createReadStream(path) : undefined
    },
  }
}

async function reportIn(place: Place, name: string): Promise<Report> {
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

async function digestOf(place: Place, name: string): Promise<{ size: number; sha256: string } | undefined> {
  const pieces = await place.read(name)
  if (!pieces) return undefined
  const hash = createHash('sha256')
  let size = 0
  for await (const piece of pieces) {
    hash.update(piece)
    size += piece.length
  }
  return { size, sha256: hash.digest('hex') }
}

async function textOf(place: Place, name: string): Promise<string | undefined> {
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

/** What is wrong with the parent manifest and, where it is HLS, with what it leads to. */
async function manifestProblems(
  place: Place,
  parent: string,
  report: Report,
  nameOf: (key: string) => string,
): Promise<readonly string[]> {
  const known = new Set(report.objects.map(({ key }) => nameOf(key)).filter(isBelow))
  // Of files without a presentation, the key need not be one: several may be named after it.
  if (!/\.(m3u8|mpd)$|^Manifest$/.test(parent)) return []
  if (!parent.endsWith('.m3u8')) return (await place.read(parent)) ? [] : [`${report.manifestKey} is missing`]
  const text = await textOf(place, parent)
  if (text === undefined) return [`${report.manifestKey} is missing`]
  const problems: string[] = []
  try {
    const { variants, renditions } = parseMultivariantPlaylist(text)
    const playlists = [...variants, ...renditions].flatMap(({ uri }) =>
      uri === undefined ? [] : [decodeURIComponent(uri)],
    )
    for (const playlist of new Set(playlists)) {
      const listed = known.has(playlist) ? await textOf(place, playlist) : undefined
      if (listed === undefined) problems.push(`${parent} refers to ${playlist}, which the asset does not have`)
      else problems.push(...segmentProblems(playlist, listed, known))
    }
  } catch (error) {
    problems.push(`${parent} cannot be read: ${(error as Error).message}`)
  }
  return problems
}

function segmentProblems(playlist: string, text: string, known: ReadonlySet<string>): readonly string[] {
  const { segments, ended } = parseMediaPlaylist(text)
  const referred = segments.flatMap(({ uri, map, gap }) => (gap ? [] : [uri, ...(map === undefined ? [] : [map])]))
  const absent = [...new Set(referred.map(decodeURIComponent))].filter((name) => !known.has(name))
  return [
    ...absent.map((name) => `${playlist} refers to ${name}, which the asset does not have`),
    ...(ended ? [] : [`${playlist} does not say that it ends`]),
  ]
}

function tell(
  terminal: Terminal,
  found: { report: Report; place: Place; problems: readonly string[]; bytes: number },
): void {
  const { report, place, problems, bytes } = found
  const { harvestJob, objects } = report
  if (!terminal.isTerminal) {
    terminal.write(
      `${JSON.stringify({ harvestJob, isIntact: problems.length === 0, objects: objects.length, bytes, problems })}\n`,
    )
    return
  }
  const told = problems.slice(0, MOST_TOLD).map((problem) => `  ${problem}`)
  if (problems.length > told.length) told.push(`  and ${problems.length - told.length} more`)
  const verdict = problems.length === 0 ? 'is complete and intact' : `has ${problems.length} problems`
  const lines = [`${place.text} ${verdict}: ${objects.length} objects, ${bytesText(bytes)}`, ...told]
  terminal.write(`${CLEAR_LINE}${lines.join('\n')}\n`)
}
