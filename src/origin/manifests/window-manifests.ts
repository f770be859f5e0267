import { createHash } from 'node:crypto'
import { LruCache } from '../../cache/lru-cache.ts'
import { SingleFlight } from '../../concurrency/single-flight.ts'
import type { UtcMs } from '../../media/time.ts'
import { CachedManifest, ENTRY_BYTES } from './cached-manifest.ts'
import type { ManifestText, Rendered } from './worker-messages.ts'

const CACHE_BYTES = 64 * 1024 * 1024
/** Windows move on: most are asked for once, or by viewers who ask again soon. */
const UNUSED_MS = 300_000

/**
 * Stands for the folder of the asked window in a parent manifest, whose text depends on nothing else of that. No file
 * name has a brace, since they are percent-encoded.
 */
export const FOLDER_OF_WINDOW = '{window}/'

/** A rendered manifest with its validity. */
export type RenderedWindow = {
  readonly rendered: Rendered
  readonly version: number
  /** The manifest holds until this time, whatever the archive's version; when absent, until the version changes. */
  readonly until?: UtcMs
  readonly maxAge: number
}

type Entry = RenderedWindow & {
  /** The manifest of all windows, unless it names its window. */
  readonly manifest?: CachedManifest
  /** The window it was written for, when other windows among the same numbers may have other segments. */
  readonly onlyFor?: string
}

/** Manifests of windows that consist of the same output segments: each is written once, whatever the windows are. */
export class WindowManifests {
  private readonly entries: LruCache<Entry>
  private readonly rendering = new SingleFlight<Entry>()
  private readonly holds: (entry: RenderedWindow, version: number) => boolean

  /** Holds entries while `holds` says so of them; the clock is in milliseconds. */
  constructor(holds: (entry: RenderedWindow, version: number) => boolean, clock: () => number) {
    this.holds = holds
    this.entries = new LruCache(CACHE_BYTES, { unused: { afterMs: UNUSED_MS, clock } })
  }

  /**
   * The manifest of a window. `run` names the manifest and the numbers of its segments, `window` the window itself, and
   * `folder` its folder.
   */
  async find(
    { run, window, folder, version }: { run: string; window: string; folder: string; version: number },
    render: () => Promise<RenderedWindow>,
  ): Promise<RenderedWindow & { readonly manifest?: CachedManifest }> {
    const ownKey = `${run} ${window}`
    const renderOnce = (key: string) =>
      this.rendering.run(`${key}/${version}`, async () => {
        const entry = entryOf(await render(), window)
        if (entry.rendered instanceof Object) {
          const cost = ENTRY_BYTES + (entry.manifest?.cost ?? entry.rendered.body.length)
          this.entries.put(entry.onlyFor === undefined ? run : ownKey, entry, cost)
        }
        return entry
      })
    const isMine = ({ onlyFor }: Entry) => onlyFor === undefined || onlyFor === window
    const held = [run, ownKey].map((key) => this.entries.get(key)).find((each) => each && this.holds(each, version))
    const shared = held ?? (await renderOnce(run))
    const entry = isMine(shared) ? shared : await renderOnce(ownKey)
    if (entry.manifest || !(entry.rendered instanceof Object)) return entry
    return { ...entry, rendered: withFolder(entry.rendered, folder) }
  }
}

function entryOf(result: RenderedWindow, window: string): Entry {
  const { rendered, maxAge } = result
  if (!(rendered instanceof Object)) return { ...result, onlyFor: window }
  const isForAll = !asBuffer(rendered).includes(FOLDER_OF_WINDOW)
  return {
    ...result,
    ...(isForAll && { manifest: new CachedManifest(rendered, maxAge) }),
    ...(!rendered.isInOrder && { onlyFor: window }),
  }
}

function withFolder(rendered: ManifestText, folder: string): ManifestText {
  const text = asBuffer(rendered).toString('latin1').replaceAll(FOLDER_OF_WINDOW, folder)
  const body = Uint8Array.from(Buffer.from(text, 'latin1'))
  return { ...rendered, body, digest: createHash('sha256').update(body).digest('base64url') }
}

function asBuffer({ body }: ManifestText): Buffer {
  return Buffer.from(body.buffer, body.byteOffset, body.length)
}
