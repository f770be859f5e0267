/**
 * An input counts as silent three target durations after it last listed something. Nothing happens then, so what shows
 * an input is told again soon after that moment, for each usual target duration: 1, 2, 3, 4, 6, 8, 10, 15 and 20 s.
 */
const LATER_MS = [4, 7, 10, 13, 19, 25, 31, 46, 61].map((seconds) => seconds * 1000)
const MOST_CHANNELS = 10_000

/** Channels that may have gone silent since their content last changed. Times are in milliseconds. */
export class Silence {
  /** By id of the channel, those first whose content has not changed for longest. */
  private readonly channels = new Map<string, { readonly changedAt: number; told: number }>()

  /** Notes that the content of a channel has changed. */
  changed(id: string, now: number): void {
    this.channels.delete(id)
    this.channels.set(id, { changedAt: now, told: 0 })
    if (this.channels.size > MOST_CHANNELS) this.channels.delete(this.channels.keys().next().value!)
  }

  /** The channels that are to be told again now. */
  due(now: number): readonly string[] {
    const due: string[] = []
    for (const [id, channel] of this.channels) {
      if (now < channel.changedAt + LATER_MS[0]!) break
      const passed = LATER_MS.filter((ms) => channel.changedAt + ms <= now).length
      if (passed > channel.told) due.push(id)
      channel.told = passed
      if (passed === LATER_MS.length) this.channels.delete(id)
    }
    return due
  }
}
