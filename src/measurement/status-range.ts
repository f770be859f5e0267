/** The range of a status, as CloudWatch has it. */
export type StatusRange = '2xx' | '3xx' | '4xx' | '5xx'

export function statusRange(status: number): StatusRange {
  if (status < 300) return '2xx'
  if (status < 400) return '3xx'
  return status < 500 ? '4xx' : '5xx'
}
