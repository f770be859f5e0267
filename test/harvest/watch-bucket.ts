/**
 * A process that watches a folder from outside: `node watch-bucket.ts FOLDER PARENT…`. Says `watching` when it has
 * looked once. When its input ends it looks a last time, and prints as JSON which parent manifests it met and what
 * they, or the playlists they name, pointed to that was not there at the moment they first were.
 */
import { existsSync, readFileSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { setImmediate } from 'node:timers/promises'

const [folder = '', ...parents] = process.argv.slice(2)
const unseen = new Set(parents)
const missing: string[] = []

function look(): void {
  for (const parent of unseen) {
    if (!existsSync(join(folder, parent))) continue
    unseen.delete(parent)
    for (const playlist of namesIn(parent)) for (const segment of namesIn(playlist)) check(segment)
  }
}

/** Files a playlist names, if it is there. */
function namesIn(playlist: string): string[] {
  if (!check(playlist)) return []
  const lines = readFileSync(join(folder, playlist), 'utf8').split('\n')
  const uris = lines.filter((line) => line !== '' && !line.startsWith('#'))
  return uris.map((uri) => join(dirname(playlist), decodeURIComponent(uri)))
}

function check(file: string): boolean {
  const isThere = (statSync(join(folder, file), { throwIfNoEntry: false })?.size ?? 0) > 0
  if (!isThere) missing.push(file)
  return isThere
}

let isOver = false
process.stdin.on('end', () => {
  isOver = true
})
process.stdin.resume()
look()
process.stdout.write('watching\n')
while (!isOver) {
  look()
  await setImmediate()
}
look()
process.stdout.write(JSON.stringify({ seen: parents.filter((parent) => !unseen.has(parent)), missing }))
