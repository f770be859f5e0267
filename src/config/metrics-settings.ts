import { type Setting, unset } from './setting.ts'
import { addressOrNone, text } from './value-kind.ts'

/** Settings of what is measured. */
export const METRICS_SETTINGS = {
  metricsListen: unset(
    'metrics-listen',
    addressOrNone,
    '127.0.0.1:9464, if that is free',
    'Address on which Prometheus reads `/metrics` of this process; `none` for no such address.',
  ),
  metricsToken: {
    ...unset(
      'metrics-token',
      text('TOKEN', /^[\x21-\x7e]{16,256}$/, 'must be 16 to 256 printable characters without spaces'),
      'whoever reaches the address may read',
      'The bearer token with which `/metrics` is read.',
    ),
    secret: true,
  },
} as const satisfies Readonly<Record<string, Setting<unknown>>>
