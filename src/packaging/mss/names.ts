/** The tracks a fragment's name refers to: video, distinguished by bitrate, or audio or text by track number `n`. */
export type MssStreamName = { readonly kind: 'video' } | { readonly kind: 'audio' | 'text'; readonly n: number }

export type MssName =
  | { readonly kind: 'manifest' }
  | {
      /** `fragment`, or only the part before its media. */
      readonly kind: 'fragment' | 'fragment info'
      readonly stream: MssStreamName
      readonly bitrate: number
      /** Time of the fragment on the presentation's timeline, in units of 100 ns. */
      readonly time: number
    }

const INTEGER = '(0|[1-9]\\d{0,15})'
/** A fragment's path. Its event number lets caches distinguish versions of an endpoint's settings. */
const FRAGMENT = new RegExp(
  `^Events\\(${INTEGER}_0\\)/QualityLevels\\(${INTEGER}\\)/(Fragments|FragmentInfo)\\((?:v|([as])_${INTEGER}_0)=${INTEGER}\\)$`,
)

/**
 * Parses a path of an MSS endpoint: `<manifest name>.ism/Manifest`, or a fragment below that folder, MS-SSTR §2.2.3.
 */
export function parseMssName(manifestName: string, path: string): MssName | undefined {
  const folder = `${manifestName}.ism/`
  if (!path.startsWith(folder)) return undefined
  const rest = path.slice(folder.length)
  if (rest === 'Manifest') return { kind: 'manifest' }
  const found = FRAGMENT.exec(rest)
  if (!found) return undefined
  const [, , bitrate, noun, letter, n, time] = found
  return {
    kind: noun === 'Fragments' ? 'fragment' : 'fragment info',
    stream: letter === undefined ? { kind: 'video' } : { kind: letter === 'a' ? 'audio' : 'text', n: Number(n) },
    bitrate: Number(bitrate),
    time: Number(time),
  }
}

/** The URL template of a stream's fragments, relative to the manifest; `folder` holds the fragments. */
export function fragmentTemplate(folder: string, event: number, stream: MssStreamName): string {
  return folder + fragmentPath(event, stream, '{bitrate}', '{start time}')
}

/** The path of a fragment, relative to the folder of fragments. */
export function fragmentName(event: number, stream: MssStreamName, bitrate: number, time: number): string {
  return fragmentPath(event, stream, String(bitrate), String(time))
}

function fragmentPath(event: number, stream: MssStreamName, bitrate: string, time: string): string {
  const name = stream.kind === 'video' ? 'v' : `${stream.kind === 'audio' ? 'a' : 's'}_${stream.n}_0`
  return `Events(${event}_0)/QualityLevels(${bitrate})/Fragments(${name}=${time})`
}
