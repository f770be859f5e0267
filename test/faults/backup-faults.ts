import type { Fault } from './fault.ts'

/** In backups, and what is restored from them. */
export const BACKUP_FAULTS: readonly Fault[] = [
  {
    name: 'backup-of-what-is-gone',
    breaks: 'A backup names objects that were deleted while it was made.',
    file: 'src/backup/backup.ts',
    find: 'if (index.newlyMissing === 0) {',
    replace: 'if (index.newlyMissing >= 0) {',
    caughtBy: { file: 'src/backup/backup.test.ts', cases: 'is of a moment at which all was there' },
    failure: /1 !== 2/,
  },
  {
    name: 'backup-links-not-synced',
    breaks: 'A backup counts as complete before the names of its objects are on disk.',
    file: 'src/backup/backup.ts',
    find: '        await placer.sync()\n',
    replace: '',
    caughtBy: { file: 'test/stores/power-cut.test.ts', cases: 'a snapshot of a backup is there' },
    failure: /ENOENT.*objects\/a\/b\/c/,
  },
  {
    name: 'half-a-restore-is-served',
    breaks: 'A server starts on an archive that is not restored to its end.',
    file: 'src/stores/sqlite/index-file.ts',
    find: "database.run('INSERT OR IGNORE INTO archive_copy (id) VALUES (1)')",
    replace: '',
    caughtBy: { file: 'src/backup/backup.test.ts', cases: 'leaves nothing that a server would start on' },
    failure: /Missing expected rejection/,
  },
  {
    name: 'links-in-a-backup',
    breaks: 'A link in a backup brings any file of the machine into the archive that is restored.',
    file: 'src/backup/backup-folder.ts',
    find: 'if (!found.isFile()) throw',
    replace: 'if (!found.isFile() && !found.isSymbolicLink()) throw',
    caughtBy: { file: 'src/backup/backup.test.ts', cases: 'brings nothing into an archive' },
    failure: /2 !== 3/,
  },
]
