import { ACCESS_FAULTS } from './access-faults.ts'
import { ACCESS_LOG_FAULTS } from './access-log-faults.ts'
import { AD_FAULTS } from './ad-faults.ts'
import { ARCHIVE_FAULTS } from './archive-faults.ts'
import { BACKUP_FAULTS } from './backup-faults.ts'
import { CHANGE_FAULTS } from './change-faults.ts'
import { CLIP_FAULTS } from './clip-faults.ts'
import { CONSOLE_FAULTS } from './console-faults.ts'
import { CONSOLE_FORM_FAULTS } from './console-form-faults.ts'
import { CONSOLE_LIST_FAULTS } from './console-list-faults.ts'
import { ENCRYPTION_FAULTS } from './encryption-faults.ts'
import type { Fault } from './fault.ts'
import { FEED_FAULTS } from './feed-faults.ts'
import { FUZZ_FAULTS } from './fuzz-faults.ts'
import { HARVEST_FAULTS } from './harvest-faults.ts'
import { JUDGE_FAULTS } from './judge-faults.ts'
import { KEY_FAULTS } from './key-faults.ts'
import { METRICS_FAULTS } from './metrics-faults.ts'
import { NODE_FAULTS } from './node-faults.ts'
import { OBJECT_FAULTS } from './object-faults.ts'
import { OUTPUT_FAULTS } from './output-faults.ts'
import { PROTECTION_FAULTS } from './protection-faults.ts'
import { SCHEDULE_FAULTS } from './schedule-faults.ts'
import { SELF_CHECK_FAULTS } from './self-check-faults.ts'
import { SERVICE_FAULTS } from './service-faults.ts'
import { SPEKE_FAULTS } from './speke-faults.ts'
import { TIMELINE_FAULTS } from './timeline-faults.ts'

/** Those that take longest to notice are last. */
export const ALL_FAULTS: readonly Fault[] = [
  ...CONSOLE_LIST_FAULTS,
  ...CONSOLE_FORM_FAULTS,
  ...ACCESS_LOG_FAULTS,
  ...ACCESS_FAULTS,
  ...CONSOLE_FAULTS,
  ...CLIP_FAULTS,
  ...AD_FAULTS,
  ...OUTPUT_FAULTS,
  ...PROTECTION_FAULTS,
  ...ARCHIVE_FAULTS,
  ...OBJECT_FAULTS,
  ...TIMELINE_FAULTS,
  ...BACKUP_FAULTS,
  ...CHANGE_FAULTS,
  ...ENCRYPTION_FAULTS,
  ...KEY_FAULTS,
  ...SPEKE_FAULTS,
  ...FUZZ_FAULTS,
  ...HARVEST_FAULTS,
  ...NODE_FAULTS,
  ...FEED_FAULTS,
  ...SCHEDULE_FAULTS,
  ...SELF_CHECK_FAULTS,
  ...SERVICE_FAULTS,
  ...METRICS_FAULTS,
  ...JUDGE_FAULTS,
]
