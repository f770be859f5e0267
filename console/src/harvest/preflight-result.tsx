import Alert from '@cloudscape-design/components/alert'
import Box from '@cloudscape-design/components/box'
import Button from '@cloudscape-design/components/button'
import KeyValuePairs from '@cloudscape-design/components/key-value-pairs'
import SpaceBetween from '@cloudscape-design/components/space-between'
import StatusIndicator from '@cloudscape-design/components/status-indicator'
import type { FailureReport, ForecastReport } from '../../../src/control/harvest-operations.ts'
import { bytesText } from '../amounts.ts'
import { runningTimeText } from '../time/duration-text.ts'
import { Moment } from '../time/moment.tsx'
import { momentOf } from '../time/moment-text.ts'
import { type NearestWindow, nearestInMessage, rangeInMessage } from './harvest-request.ts'

type PreflightResultProps = {
  readonly forecast: ForecastReport | undefined
  /** What the server says where there can be no such job. */
  readonly refusal: Error | null
  /** True while what is shown is of an earlier selection. */
  readonly isOld: boolean
  /** About as much as the asset would have; undefined where bit rates are not known. */
  readonly estimatedBytes: number | undefined
  readonly made: string
  readonly onNearest: (window: NearestWindow) => void
}

/** What a job of the selection would have, or why it would fail and what would work instead. */
export function PreflightResult(props: PreflightResultProps) {
  const { forecast, refusal, isOld, onNearest } = props
  return (
    <div aria-busy={isOld}>
      <SpaceBetween size="s">
        {refusal && (
          <Failure message={refusal.message} nearest={nearestInMessage(refusal.message)} onNearest={onNearest} />
        )}
        {!refusal &&
          forecast?.failures.map((failure) => (
            <Failure
              key={failure.code + failure.message}
              header={failure.code}
              message={failure.message}
              nearest={nearestOf(failure)}
              onNearest={onNearest}
            />
          ))}
        {!refusal && forecast && <Content {...props} forecast={forecast} />}
      </SpaceBetween>
    </div>
  )
}

function nearestOf({ message, nearestWindow }: FailureReport): NearestWindow | undefined {
  if (!nearestWindow) return nearestInMessage(message)
  const [start, end] = [momentOf(nearestWindow.startTime), momentOf(nearestWindow.endTime)]
  if (start === undefined || end === undefined) return undefined
  return { start, end, ...rangeInMessage(message) }
}

type FailureProps = {
  readonly header?: string
  readonly message: string
  readonly nearest: NearestWindow | undefined
  readonly onNearest: (window: NearestWindow) => void
}

function Failure({ header, message, nearest, onNearest }: FailureProps) {
  return (
    <Alert
      type="error"
      header={header}
      action={nearest && <Button onClick={() => onNearest(nearest)}>Use the nearest window</Button>}
    >
      {message}
      {nearest && (
        <Box variant="small" display="block">
          <Moment at={nearest.start} precision="millisecond" /> to <Moment at={nearest.end} precision="millisecond" />
        </Box>
      )}
    </Alert>
  )
}

function Content({
  forecast,
  estimatedBytes,
  made,
  isOld,
}: PreflightResultProps & { readonly forecast: ForecastReport }) {
  const { shown, firstProgramDateTime, lastProgramDateTime, gaps = [], gapCount = gaps.length } = forecast
  const first = shown?.firstFrame ?? firstProgramDateTime
  const last = shown?.lastFrame ?? lastProgramDateTime
  const missing = gaps.reduce(
    (sum, { startTime, endTime }) => sum + (momentOf(endTime) ?? 0) - (momentOf(startTime) ?? 0),
    0,
  )
  const status = forecast.wouldSucceed ? 'success' : 'error'
  return (
    <SpaceBetween size="s">
      {isOld ? (
        <StatusIndicator type="loading">Looking at the selection</StatusIndicator>
      ) : (
        <StatusIndicator type={forecast.waitsForLiveEdge && forecast.wouldSucceed ? 'pending' : status}>
          {verdictOf(forecast)}
        </StatusIndicator>
      )}
      <KeyValuePairs
        columns={2}
        items={[
          { label: shown ? 'First frame' : 'Begins', value: <Moment at={first} precision="millisecond" /> },
          { label: shown?.lastFrame ? 'Last frame' : 'Ends', value: <Moment at={last} precision="millisecond" /> },
          {
            label: 'Gaps',
            value: gapCount === 0 ? 'None' : `${gapCount}, together ${runningTimeText(missing)}`,
          },
          { label: 'Segments', value: forecast.segments ?? '–' },
          { label: 'Size, about', value: estimatedBytes === undefined ? '–' : bytesText(estimatedBytes) },
          { label: 'Made', value: made },
        ]}
      />
      {forecast.overwritesParentManifest && (
        <Alert type="warning">There is an object of that name already. It would be replaced.</Alert>
      )}
    </SpaceBetween>
  )
}

function verdictOf({ wouldSucceed, waitsForLiveEdge }: ForecastReport): string {
  if (!wouldSucceed) return 'This job would fail'
  return waitsForLiveEdge ? 'This job would wait for the live edge' : 'This job would succeed'
}
