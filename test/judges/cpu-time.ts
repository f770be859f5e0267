/** Milliseconds of this thread's CPU time, which other programs do not prolong; some systems count ticks of 4 ms. */
export function threadCpuMs(): number {
  const { user, system } = process.threadCpuUsage()
  return (user + system) / 1000
}

/** What `work` gives, and the CPU time of this thread it took, in milliseconds. */
export function cpuTimeOf<T>(work: () => T): { readonly result: T; readonly cpuMs: number } {
  const before = threadCpuMs()
  const result = work()
  return { result, cpuMs: threadCpuMs() - before }
}
