import Box from '@cloudscape-design/components/box'
import { ageText } from './duration-text.ts'
import { isMoment, momentOf, momentText, type Precision } from './moment-text.ts'
import { useTicking } from './ticking.ts'
import { useZones } from './zone-choice.ts'

/** A moment: milliseconds since 1970, or text of the API. */
type At = number | string | undefined

type MomentProps = { readonly at: At; readonly precision?: Precision }

/** A moment in the zone that is shown; pointing at it tells the other. */
export function Moment({ at, precision = 'second' }: MomentProps) {
  const { zone, otherZone } = useZones()
  const moment = millisecondsOf(at)
  if (moment === undefined) return '–'
  return (
    <time dateTime={machineText(moment)} title={momentText(moment, otherZone, precision)} className="moment">
      {momentText(moment, zone, precision)}
    </time>
  )
}

/** A moment in the zone that is shown, and below it in the other, with its age. */
export function MomentInBothZones({ at, precision = 'second' }: MomentProps) {
  const { zone, otherZone } = useZones()
  const moment = millisecondsOf(at)
  if (moment === undefined) return '–'
  return (
    <>
      <time dateTime={machineText(moment)} className="moment">
        {momentText(moment, zone, precision)}
      </time>
      <Box variant="small" display="block">
        {zone !== otherZone && `${momentText(moment, otherZone, precision)}, `}
        <Age at={moment} />
      </Box>
    </>
  )
}

/** How long ago a moment was, each second anew; pointing at it tells the moment. */
export function Age({ at }: { readonly at: At }) {
  const { zone } = useZones()
  const moment = millisecondsOf(at)
  const age = useTicking((now) => (moment === undefined ? '–' : ageText(moment, now)))
  if (moment === undefined) return '–'
  return (
    <time dateTime={machineText(moment)} title={momentText(moment, zone)}>
      {age}
    </time>
  )
}

const machineText = (moment: number) => (isMoment(moment) ? new Date(moment).toISOString() : '')

const millisecondsOf = (at: At) => (typeof at === 'number' ? at : momentOf(at))
