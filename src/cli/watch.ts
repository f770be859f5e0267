import type { WindrowOutputs } from '../control/windrow-operations.ts'
import { type ApiClient, ServerAway } from './api-client.ts'
import { outcomeText, progressLine } from './harvest-text.ts'
import { CLEAR_LINE, type Terminal } from './terminal.ts'

const POLL_MS = 500
/** Time for which a server may be away: it may be restarting. */
const PATIENCE_MS = 60_000

/**
 * Shows a job until it ends: on a terminal as one line that changes; elsewhere as a line for each change, in JSON, or
 * with `asText` as on a terminal.
 */
export async function watchJob(id: string, api: ApiClient, terminal: Terminal, asText: boolean): Promise<number> {
  let shown = ''
  let answered = terminal.now()
  for (;;) {
    try {
      const job = (await api.ask(
        'GET',
        `harvest_jobs/${encodeURIComponent(id)}`,
      )) as WindrowOutputs['DescribeHarvestJob']
      answered = terminal.now()
      const isOver = job.status !== 'IN_PROGRESS'
      const text = isOver ? outcomeText(job) : progressLine(job, terminal.columns)
      const line = asText ? text.trimEnd() : JSON.stringify(job)
      if (terminal.isTerminal) terminal.write(CLEAR_LINE + text)
      else if (line !== shown) terminal.write(`${line}\n`)
      shown = line
      if (isOver) return job.status === 'SUCCEEDED' ? 0 : 1
    } catch (error) {
      if (!(error instanceof ServerAway) || terminal.now() - answered > PATIENCE_MS) throw error
    }
    await terminal.sleep(POLL_MS)
  }
}
