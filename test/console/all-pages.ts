/** Ids of what pages show. */
export type Shown = {
  readonly channel: string
  readonly endpoint: string
  readonly job: string
  readonly clip: string
}

/** The path of every page. */
export const allPages = ({ channel, endpoint, job, clip }: Shown): readonly string[] => [
  '/',
  `/channels/${channel}`,
  `/channels/${channel}/timeline`,
  '/origin-endpoints/create',
  `/origin-endpoints/${endpoint}`,
  `/origin-endpoints/${endpoint}/edit`,
  '/harvest-jobs',
  `/harvest-jobs/${job}`,
  '/clips',
  `/clips/${clip}`,
  '/schedules',
  '/rules',
  '/events',
  '/usage',
  '/health',
]
