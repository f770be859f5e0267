const TYPES: Readonly<Record<string, string>> = {
  m3u8: 'application/vnd.apple.mpegurl',
  mpd: 'application/dash+xml',
  ts: 'video/mp2t',
  mp4: 'video/mp4',
  m4s: 'video/mp4',
  m4v: 'video/mp4',
  m4a: 'audio/mp4',
  aac: 'audio/aac',
  ac3: 'audio/ac3',
  ec3: 'audio/eac3',
  vtt: 'text/vtt',
  jpg: 'image/jpeg',
  json: 'application/json',
}

/** The content type of a file of an asset, by its key. What has another name is bytes, and nothing that a page runs. */
export function fileTypeOf(key: string): string {
  const name = key.slice(key.lastIndexOf('/') + 1)
  // Smooth Streaming has no endings.
  if (name === 'Manifest' && key.endsWith('.ism/Manifest')) return 'text/xml'
  if (name.startsWith('Fragments(')) return name.startsWith('Fragments(a') ? 'audio/mp4' : 'video/mp4'
  const ending = name.slice(name.lastIndexOf('.') + 1).toLowerCase()
  return (Object.hasOwn(TYPES, ending) && TYPES[ending]) || 'application/octet-stream'
}
