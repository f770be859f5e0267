/**
 * SQL for whether the lease of a row is over, of parameters with the moment by the clock that leases go by, the date,
 * and how long a lease is, in milliseconds. Releases before went by the date for leases. It may be days ahead of that
 * clock, which does not count time for which no process ran: a lease too long to be by that clock ends by the date.
 */
export const isLeaseOver = (now: string, date: string, leaseMs: string) =>
  `(lease_until <= ${now}::bigint
    OR lease_until <= ${date}::bigint AND lease_until > ${now}::bigint + 2 * ${leaseMs}::bigint)`
