import { preset } from './setting.ts'
import { durationOrNone } from './value-kind.ts'

/** Settings of the server's checks of itself. */
export const SELF_CHECK_SETTINGS = {
  selfCheckIntervalMs: preset(
    'self-check-interval',
    durationOrNone,
    '10s',
    'Time between two looks at an origin endpoint, in which the server checks what it plays; `none` for no looks.',
  ),
}
