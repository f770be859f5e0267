import FormField from '@cloudscape-design/components/form-field'
import Input from '@cloudscape-design/components/input'
import { useState } from 'react'
import { serverNow } from '../../time/server-clock.ts'
import { enteredFrame, frameTimeText } from '../model/frame-time.ts'
import { type TimelineStore, useTimeline } from '../store.ts'

type MomentEntryFieldProps = {
  readonly label: string
  readonly store: TimelineStore
  readonly zone: string
  readonly moment: number | undefined
  /**
   * Hears of a moment that was typed, to the frame where frames are known; of undefined where the field was emptied.
   */
  readonly onMoment: (moment: number | undefined) => void
}

/** A field that shows a moment with its frame, and takes another as people write it: `21:40:05:12`, `+10s`, `now`. */
export function MomentEntryField({ label, store, zone, moment, onMoment }: MomentEntryFieldProps) {
  const grid = useTimeline(store, (state) => state.grid)
  const [typed, setTyped] = useState<string>()
  const shown = moment === undefined ? '' : frameTimeText(moment, zone, grid)
  const entered = typed === undefined || typed.trim() === '' ? undefined : read(typed)

  function read(text: string) {
    const frameRate = grid && grid.rate.numerator / grid.rate.denominator
    const from = { at: store.state.playhead, name: 'the playhead' }
    return enteredFrame(text, { now: serverNow(), zone, frameRate, from }, grid)
  }

  function take(): void {
    if (typed === undefined) return
    if (typed.trim() === '') onMoment(undefined)
    else if (entered && 'at' in entered) onMoment(entered.at)
    else return
    setTyped(undefined)
  }

  return (
    <FormField
      label={label}
      errorText={entered && 'problem' in entered ? entered.problem : undefined}
      constraintText={entered && 'at' in entered ? entered.understood : undefined}
    >
      <Input
        value={typed ?? shown}
        placeholder="21:40:05:12, +10s, now"
        onChange={({ detail }) => setTyped(detail.value)}
        onBlur={take}
        onKeyDown={({ detail }) => {
          if (detail.key === 'Enter') take()
          if (detail.key === 'Escape') setTyped(undefined)
        }}
        autoComplete={false}
        spellcheck={false}
      />
    </FormField>
  )
}
