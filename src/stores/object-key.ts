const KEY = /^[A-Za-z0-9_-][A-Za-z0-9._-]*(\/[A-Za-z0-9_-][A-Za-z0-9._-]*)*$/

/** True for what may be the key of an object of the archive: no segment is empty or begins with a dot. */
export function isObjectKey(key: string): boolean {
  return KEY.test(key)
}

/** Throws a TypeError for what cannot be the key of an object of the archive. */
export function checkObjectKey(key: string): void {
  if (!isObjectKey(key)) throw new TypeError(`not an object key: ${JSON.stringify(key)}`)
}

/**
 * The folder in which all keys that begin with `prefix` lie, '' or ending in '/'. Throws a TypeError when no key can
 * lie there.
 */
export function folderOfPrefix(prefix: string): string {
  const folder = prefix.slice(0, prefix.lastIndexOf('/') + 1)
  if (folder !== '') checkObjectKey(folder.slice(0, -1))
  return folder
}
