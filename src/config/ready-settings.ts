import { unset } from './setting.ts'
import { text } from './value-kind.ts'

/** How scripts that start the server hear of it. */
export const READY_SETTINGS = {
  readyFile: unset(
    'ready-file',
    text('FILE'),
    'none is written',
    'A file that is there while the server is ready, for scripts that start it. Its line is the URL of the API.',
  ),
}
