/**
 * How long a test waits, in milliseconds, for what comes sooner on any machine, before it says that it does not come.
 * It only keeps a test from hanging: a time that something must keep is not its matter, and is judged by
 * MachineWatch. A script that expects failures sets WINDROW_TEST_TIMEOUT, in seconds, to learn of them sooner.
 */
export const TIMEOUT_MS = 1000 * Number(process.env['WINDROW_TEST_TIMEOUT'] ?? 120)
