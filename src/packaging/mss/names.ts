/** What tracks a fragment's name stands for: pictures by their bitrate, sound and subtitles by track number `n`. */
export type MssStreamName = { readonly kind: 'video' } | { readonly kind: 'audio' | 'text'; readonly n: number }

export type MssName =
  | { readonly kind: 'manifest' }
  | {
      /** `fragment`, or only what goes before its media. */
      readonly kind: 'fragment' | 'fragment info'
      readonly stream: MssStreamName
      readonly bitrate: number
      /** 100 ns on the presentation's timeline. */
      readonly time: number
    }

const INTEGER = '(0|[1-9]\\d{0,15})'
/** The number of the event is for caches to tell one setting of an endpoint from another. */
const FRAGMENT = new RegExp(
  `^Events\\(${INTEGER}_0\\)/QualityLevels\\(${INTEGER}\\)/(Fragments|FragmentInfo)\\((?:v|([as])_${INTEGER}_0)=${INTEGER}\\)$`,
)

/**
 * What a path of an MSS endpoint stands for: `<manifest name>.ism/Manifest`, or a fragment below that folder, MS-SSTR
 * §2.2.3.
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

/** Relative to the manifest, with the places a player fills in. `folder` is where fragments lie, as seen from there. */
export function fragmentTemplate(folder: string, event: number, stream: MssStreamName): string {
  return folder + fragmentPath(event, stream, '{bitrate}', '{start time}')
}

/** Relative to the manifest. */
export function fragmentName(event: number, stream: MssStreamName, bitrate: number, time: number): string {
  return fragmentPath(event, stream, String(bitrate), String(time))
}

function fragmentPath(event: number, stream: MssStreamName, bitrate: string, time: string): string {
  const name = stream.kind === 'video' ? 'v' : `${stream.kind === 'audio' ? 'a' : 's'}_${stream.n}_0`
  return `Events(${event}_0)/QualityLevels(${bitrate})/Fragments(${name}=${time})`
}
