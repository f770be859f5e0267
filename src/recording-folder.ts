/** Where the recording of the test stream is, in a source tree and in a package: beside the folder of this file. */
export const RECORDING_FOLDER = new URL('../test-stream/', import.meta.url)
