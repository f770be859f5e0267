import LiveRegion from '@cloudscape-design/components/live-region'
import { useEffect, useRef, useState } from 'react'
import type { HarvestReport } from '../../../src/control/harvest-operations.ts'

type JobState = Pick<HarvestReport, 'id' | 'status' | 'state'>

const OUTCOMES: Readonly<Partial<Record<HarvestReport['state'], string>>> = {
  SUCCEEDED: 'has succeeded',
  FAILED: 'has failed',
  CANCELLED: 'was cancelled',
}

/** Tells those who listen to the page which jobs have ended while they were on it. */
export function EndedJobs({ jobs }: { readonly jobs: readonly JobState[] }) {
  const running = useRef(new Set<string>())
  const [said, setSaid] = useState('')
  useEffect(() => {
    const ended = jobs.filter(({ id, status }) => status !== 'IN_PROGRESS' && running.current.has(id))
    running.current = new Set(jobs.filter(({ status }) => status === 'IN_PROGRESS').map(({ id }) => id))
    if (ended.length > 0)
      setSaid(ended.map(({ id, state }) => `Harvest job ${id} ${OUTCOMES[state] ?? 'has ended'}.`).join(' '))
  }, [jobs])
  return <LiveRegion hidden>{said}</LiveRegion>
}
