import assert from 'node:assert/strict'
import { send } from './control-under-test.ts'
import type { Asker } from './rules-asker.ts'

/** Throws unless the only way to one of a collection is signed. */
export async function assertSigned({ control }: Asker, collection: string, id: string): Promise<void> {
  for (const [method, path] of [
    ['GET', collection],
    ['POST', collection],
    ['DELETE', `${collection}/${id}`],
  ] as const) {
    assert.equal((await send(control.endpoint, { method, path })).status, 403, path)
  }
}

/** Deletes one of a collection; throws unless it is there for that, and gone afterwards. */
export async function assertDeletedOnce(asker: Asker, collection: string, id: string): Promise<void> {
  const path = `${collection}/${id}`
  assert.equal((await asker.ask('DELETE', path)).status, 202)
  assert.equal((await asker.ask('GET', path)).status, 404)
  assert.equal((await asker.ask('DELETE', path)).status, 404)
}
