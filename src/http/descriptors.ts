/** Files that are open besides connections and what is sent on them: stores, logs, listeners, threads. */
const OTHER_FILES = 128
/** Of what is left, the part that is kept for bodies being received. */
const RECEIVING_PART = 1 / 8
const FEWEST_CONNECTIONS = 16

export type DescriptorNeeds = {
  readonly maxConnections: number
  /** Files needed for work that is not done for a connection. */
  readonly workFiles: number
  /** The most files that are read for connections at the same time, each for a connection of its own. */
  readonly streams: number
}

/**
 * The number of connections for which the process has descriptors: at most `maxConnections`, and fewer where it may
 * open only `openFiles`.
 */
export function fittingConnections(openFiles: number, { maxConnections, workFiles, streams }: DescriptorNeeds): number {
  const usable = Math.floor((openFiles - OTHER_FILES - workFiles) * (1 - RECEIVING_PART))
  const fitting = Math.max(usable - streams, Math.floor(usable / 2))
  return Math.max(Math.min(maxConnections, fitting), Math.min(maxConnections, FEWEST_CONNECTIONS))
}
