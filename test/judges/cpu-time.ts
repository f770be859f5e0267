/**
 * What `work` gives, and the CPU time of this thread it took, in milliseconds: other programs do not make it longer.
 */
export function cpuTimeOf<T>(work: () => T): { readonly result: T; readonly cpuMs: number } {
  const before = process.threadCpuUsage()
  const result = work()
  const { user, system } = process.threadCpuUsage(before)
  return { result, cpuMs: (user + system) / 1000 }
}
