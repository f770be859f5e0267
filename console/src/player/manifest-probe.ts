/** Why a manifest is not played: what the server says of it. */
export class NotPlayable extends Error {
  override readonly name = 'NotPlayable'
  /** True where it may become playable by itself: nothing has come yet, or the server is away. */
  readonly mayCome: boolean

  constructor(message: string, mayCome: boolean) {
    super(message)
    this.mayCome = mayCome
  }
}

/** Errors of playback that end when content, or a key, comes. */
const MAY_COME = ['NothingToShowYet', 'NoKeyYet', 'WindowNotYet', 'NoSuchStream']
const MOST_CHARACTERS = 500

/**
 * Asks for a manifest as a player does. Players tell of a refusal by its status alone; the server has a sentence.
 * Throws NotPlayable.
 */
export async function probeManifest(url: string, signal: AbortSignal): Promise<void> {
  const response = await fetch(url, { signal, credentials: 'omit', cache: 'no-store' }).catch((error: unknown) => {
    if (signal.aborted) throw error
    throw new NotPlayable('Nothing answers at this URL: the server may be away, or not to be reached from here.', true)
  })
  if (response.ok) {
    await response.body?.cancel()
    return
  }
  const sentence = (await response.text().catch(() => '')).trim().slice(0, MOST_CHARACTERS)
  const error = response.headers.get('x-windrow-error') ?? ''
  const mayCome = response.status >= 500 || response.status === 429 || MAY_COME.includes(error)
  throw new NotPlayable(`${sentence === '' ? 'The server refuses' : sentence} (HTTP ${response.status})`, mayCome)
}
