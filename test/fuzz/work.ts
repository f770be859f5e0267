import { type Profiler, Session } from 'node:inspector'

/**
 * Counts how often the blocks of code of the readers run. Unlike time, that is the same on every machine. What the
 * engine does inside one call, such as matching a regular expression, is not counted.
 */
export class WorkCounter {
  private readonly session = new Session()

  constructor() {
    this.session.connect()
    this.session.post('Profiler.enable')
    this.session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true })
  }

  /** The blocks of `src/media` and `src/manifests` that `work` runs: calls, turns of loops, branches taken. */
  during(work: () => void): number {
    this.blocks()
    work()
    return this.blocks()
  }

  close(): void {
    this.session.disconnect()
  }

  /** The blocks run since the last call. */
  private blocks(): number {
    let blocks = 0
    this.session.post('Profiler.takePreciseCoverage', (_, coverage: Profiler.TakePreciseCoverageReturnType) => {
      for (const { url, functions } of coverage.result) {
        if (!/\/src\/(media|manifests|ingest)\//.test(url)) continue
        for (const { ranges } of functions) for (const { count } of ranges) blocks += count
      }
    })
    return blocks
  }
}
