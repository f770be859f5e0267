/**
 * What every room may ask of a logger; pino fulfils it. Fields first, then a sentence. What was thrown is the field
 * `error`. Secrets are never fields.
 */
export type Log = {
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
  error(fields: object, message: string): void
}
