import type { UtcMs } from './media/time.ts'

/** The server's clock, handed down from main.ts; tests hand down their own. */
export type Clock = () => UtcMs
