/**
 * The file name a URI of a source playlist stands for, or undefined when it points anywhere but into the playlist's
 * own folder. Percent-encoding is undone and a query left out, as in the path of the PUT that brought the file.
 */
export function plainFileName(uri: string): string | undefined {
  const path = uri.split('?', 1)[0] ?? ''
  // A colon before any slash would begin a scheme, RFC 3986 §4.2.
  if (/[:#\\/]/.test(path)) return undefined
  let name: string
  try {
    name = decodeURIComponent(path)
  } catch {
    return undefined
  }
  if (name === '' || name === '.' || name === '..' || /[\p{Cc}\\/]/u.test(name)) return undefined
  return name
}
