import type { HarvestJob } from '../../model/harvest-job.ts'
import { type OlderEndpoint, upgradedEndpoint } from '../older-endpoint.ts'
import type { SqliteDatabase } from './database.ts'

type Row = { readonly seq: number; readonly body: string }
type OlderJob = Omit<HarvestJob, 'endpoint'> & { readonly endpoint: OlderEndpoint }

/** Replaces the package of origin endpoints, and of their copies in harvest jobs, by a packaging. */
export function upgradeEndpoints(db: SqliteDatabase): void {
  for (const { seq, body } of db.all<Row>('SELECT seq, body FROM origin_endpoint')) {
    const endpoint = upgradedEndpoint(JSON.parse(body) as OlderEndpoint)
    db.run('UPDATE origin_endpoint SET body = ? WHERE seq = ?', JSON.stringify(endpoint), seq)
  }
  for (const { seq, body } of db.all<Row>('SELECT seq, body FROM harvest_job')) {
    const job = JSON.parse(body) as OlderJob
    const upgraded: HarvestJob = { ...job, endpoint: upgradedEndpoint(job.endpoint) }
    db.run('UPDATE harvest_job SET body = ? WHERE seq = ?', JSON.stringify(upgraded), seq)
  }
}

/** The statements that rename keys of the JSON objects in a column. */
export function renameKeys(table: string, column: string, names: Readonly<Record<string, string>>): string {
  const renames = Object.entries(names).map(([from, to]) => {
    const renamed = `json_remove(json_set(${column}, '$.${to}', json(${column} -> '$.${from}')), '$.${from}')`
    return `UPDATE ${table} SET ${column} = ${renamed} WHERE ${column} -> '$.${from}' IS NOT NULL;`
  })
  return renames.join('\n')
}
