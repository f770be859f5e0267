import type { Config } from './config/config.ts'
import { type ControlLimits, DEFAULT_LIMITS } from './control/control-context.ts'

/** The quotas, and the rules about key servers, that the settings name. */
export function configuredLimits(config: Config): ControlLimits {
  return {
    ...DEFAULT_LIMITS,
    maxChannels: config.maxChannels,
    maxOriginEndpointsPerChannel: config.maxOriginEndpoints,
    maxHarvestJobsInProgress: config.maxHarvestJobs,
    maxHarvestJobsScheduled: config.maxScheduledHarvestJobs,
    maxHarvestSchedules: config.maxHarvestSchedules,
    maxHarvestRules: config.maxHarvestRules,
    maxClips: config.maxClips,
    maxClipBytes: config.maxClipBytes,
    longestMp4Ms: config.maxMp4DurationMs,
    maxArchiveBytes: config.maxArchiveBytes,
    releaseGraceMs: config.retentionGraceMs,
    keyServers: {
      allowedHosts: config.spekeAllowHosts ?? new Set(),
      certificateArns: new Set(config.spekeCertificates?.keys()),
    },
  }
}
