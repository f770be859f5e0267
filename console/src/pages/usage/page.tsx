import Box from '@cloudscape-design/components/box'
import ColumnLayout from '@cloudscape-design/components/column-layout'
import Container from '@cloudscape-design/components/container'
import Header from '@cloudscape-design/components/header'
import SpaceBetween from '@cloudscape-design/components/space-between'
import { useQuery } from '@tanstack/react-query'
import type { WindrowOutputs } from '../../../../src/control/windrow-operations.ts'
import { bytesText, countText } from '../../amounts.ts'
import { useApi } from '../../api/session.ts'
import { PageLink } from '../../layout/page-link.tsx'
import { Resource } from '../../layout/resource.tsx'
import './usage.css'

type Usage = WindrowOutputs['DescribeUsage']

type Row = {
  readonly member: keyof Usage
  readonly label: string
  readonly setting: string
  readonly text: (amount: number) => string
  /** Where that is which uses it. */
  readonly to?: string
}

const ROWS: readonly Row[] = [
  { member: 'channels', label: 'Channels', setting: 'max-channels', text: countText, to: '/' },
  { member: 'archiveBytes', label: 'Archive', setting: 'max-archive-bytes', text: bytesText },
  { member: 'clips', label: 'Clips', setting: 'max-clips', text: countText, to: '/clips' },
  { member: 'pinnedBytes', label: 'Kept by clips', setting: 'max-clip-bytes', text: bytesText, to: '/clips' },
  {
    member: 'harvestJobsInProgress',
    label: 'Harvest jobs in progress',
    setting: 'max-harvest-jobs',
    text: countText,
    to: '/harvest-jobs?status=IN_PROGRESS',
  },
  {
    member: 'harvestJobsScheduled',
    label: 'Harvest jobs that begin later',
    setting: 'max-scheduled-harvest-jobs',
    text: countText,
    to: '/harvest-jobs?status=IN_PROGRESS',
  },
  {
    member: 'harvestSchedules',
    label: 'Schedules',
    setting: 'max-harvest-schedules',
    text: countText,
    to: '/schedules',
  },
  { member: 'harvestRules', label: 'Rules', setting: 'max-harvest-rules', text: countText, to: '/rules' },
]

/** From here on a quota counts as nearly used up. */
const NEARLY = 0.9
const REFRESH_MS = 10_000

/** How much of each quota is used. */
export function Page() {
  const api = useApi()
  const usage = useQuery({
    queryKey: ['usage'],
    queryFn: ({ signal }) => api.get<Usage>('/windrow/v1/usage', {}, signal),
    refetchInterval: REFRESH_MS,
  })
  return (
    <SpaceBetween size="l">
      <Header variant="h1" description="How much is there of what the settings limit.">
        Usage
      </Header>
      <Resource query={usage}>
        {(used) => (
          <Container>
            <ColumnLayout columns={2} variant="text-grid">
              {ROWS.map((row) => (
                <Quota key={row.member} row={row} {...used[row.member]} />
              ))}
            </ColumnLayout>
          </Container>
        )}
      </Resource>
    </SpaceBetween>
  )
}

function Quota({
  row: { label, setting, text, to },
  used,
  quota,
}: {
  readonly row: Row
  readonly used: number
  readonly quota?: number | undefined
}) {
  const isLimited = quota !== undefined && quota > 0
  const share = isLimited ? used / quota : 0
  return (
    <div>
      <Box variant="awsui-key-label">{to === undefined ? label : <PageLink to={to}>{label}</PageLink>}</Box>
      {isLimited && (
        <meter
          className="quota"
          aria-label={label}
          min={0}
          max={quota}
          high={NEARLY * quota}
          optimum={0}
          value={Math.min(used, quota)}
        />
      )}
      <div className="figures">
        {text(used)}
        {quota !== undefined && ` of ${text(quota)}`}
        {share >= 1 ? ', all of it' : share >= NEARLY ? ', nearly all of it' : ''}
      </div>
      <Box variant="small">
        {quota === undefined ? 'No limit: see the setting' : 'Limited by the setting'} {setting}
      </Box>
    </div>
  )
}
