/** Files that are open besides connections and what is sent on them: stores, logs, listeners, threads. */
const OTHER_FILES = 128
/** Of what is left, the part for connections; the rest is for the files that they read and write. */
const CONNECTIONS_PART = 3 / 4
const FEWEST_CONNECTIONS = 16

/**
 * The number of connections for which the process has descriptors: at most `maxConnections`, and fewer where it may
 * open only `openFiles`, of which `workFiles` are needed for work that is not done for a connection.
 */
export function fittingConnections(maxConnections: number, openFiles: number, workFiles: number): number {
  const fitting = Math.floor((openFiles - OTHER_FILES - workFiles) * CONNECTIONS_PART)
  return Math.max(Math.min(maxConnections, fitting), Math.min(maxConnections, FEWEST_CONNECTIONS))
}
