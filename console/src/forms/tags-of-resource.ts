import { type ApiClient, pathOf } from '../api/api-client.ts'

type Tags = Readonly<Record<string, string>>

/**
 * Gives a resource other tags: only those that differ from `before` are set and removed, so that changes of other keys
 * by others stay. Throws an Error that names the key where another has changed one of these keys meanwhile.
 */
export async function changeTags(api: ApiClient, arn: string, before: Tags, after: Tags): Promise<void> {
  const path = pathOf`/tags/${arn}`
  const { tags: current = {} } = await api.get<{ readonly tags?: Tags }>(path)
  const changed = [...new Set([...Object.keys(before), ...Object.keys(after)])].filter(
    (key) => before[key] !== after[key] && current[key] !== after[key],
  )
  for (const key of changed) {
    if (current[key] === before[key]) continue
    const now = current[key] === undefined ? 'removed it' : `set it to ${JSON.stringify(current[key])}`
    throw new Error(`tags[${JSON.stringify(key)}]: another has ${now} meanwhile; reload the page to see it`)
  }
  const set = changed.flatMap((key) => (after[key] === undefined ? [] : [[key, after[key]] as const]))
  if (set.length > 0) await api.post(path, { tags: Object.fromEntries(set) })
  const removed = changed.filter((key) => after[key] === undefined)
  for (const key of removed) await api.delete(path, { query: { tagKeys: key } })
}
