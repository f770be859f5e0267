import type { Fault } from './fault.ts'

/** In access logs. */
export const ACCESS_LOG_FAULTS: readonly Fault[] = [
  {
    name: 'torn-line-kept',
    breaks: 'A log has what a killed process has left of a line.',
    file: 'src/access-log/appended-file.ts',
    find: 'if (this.length < size) await this.handle.truncate(this.length)',
    replace: 'if (this.length > size) await this.handle.truncate(this.length)',
    caughtBy: { file: 'src/access-log/file-sink.test.ts', cases: 'lose what a killed process has left of a line' },
    failure: /torn/,
  },
  {
    name: 'log-group-leaves-the-folder',
    breaks: 'The name of a log group names a folder anywhere.',
    file: 'src/access-log/log-files.ts',
    find: 'replaceAll(/[^0-9A-Za-z_-]/g, percentEncoded)',
    replace: 'replaceAll(/[^0-9A-Za-z._-]/g, percentEncoded)',
    caughtBy: { file: 'src/access-log/log-files.test.ts', cases: 'is below the folder of all' },
    failure: /\.\./,
  },
  {
    name: 'configured-logs-not-followed',
    breaks: 'ConfigureLogs has no effect on a channel that is watched.',
    file: 'src/access-log/access-log.ts',
    find: "if (change.kind === 'channel' || change.kind === 'everything') this.egressGroups = new Map()",
    replace: "if (change.kind === 'everything') this.egressGroups = new Map()",
    caughtBy: { file: 'src/access-log/access-log.test.ts', cases: 'as the channel says, from its next change on' },
    failure: /Expected values/,
  },
]
