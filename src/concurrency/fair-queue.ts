/** Thrown for work that has no place in the queue, that lost it to work of others, or that waited for too long. */
export class QueueFull extends Error {
  override readonly name = 'QueueFull'

  constructor() {
    super('too much is waiting')
  }
}

/** Whose work it is, and how much. */
export type WorkClaim = {
  /** What the work is about. */
  readonly subject: string
  /** Who asked for it, where that is known. */
  readonly client: string | undefined
  /** Estimated amount of work, in any unit. */
  readonly cost: number
}

export type FairQueueOptions = {
  /** Pieces of work done at the same time; at most one of a client, and at most one that is long. */
  readonly atOnce: number
  /** Pieces of work that may wait. */
  readonly mostWaiting: number
  /** Cost beyond which work is long. */
  readonly longCost: number
  /** Milliseconds for which work waits at most. */
  readonly mostWaitMs: number
}

type Waiting = {
  readonly claim: WorkClaim
  readonly start: () => void
  readonly reject: (error: Error) => void
  passedOver: number
}

/** Claims after which the use of subjects and clients counts half. */
const HALVED_AFTER = 64
/** A piece of work that so many others have passed over is overdue. */
const MOST_PASSED_OVER = 32
/**
 * Of so many pieces that begin, one at most is overdue: those who claim little still go first. The other work of its
 * client begins to wait anew.
 */
const OVERDUE_EVERY = 4

/**
 * Work that waits for others. Next is the work whose subject and client have claimed least lately, short work before
 * long; long work rises as it is passed over. When too much waits, what would be last loses its place. So nobody who
 * claims much delays those who claim little by more than one piece of work. What has been passed over often has its
 * turn in the end, one piece of each client in turn: also of a subject that others claim much of.
 */
export class FairQueue {
  private readonly options: FairQueueOptions
  private readonly waiting: Waiting[] = []
  private readonly running = new Set<WorkClaim>()
  /** Cost claimed lately, by subject and by client. */
  private readonly use = new Map<string, number>()
  private claims = 0
  /** Pieces that have begun since one that was overdue. */
  private sinceOverdue = 0

  constructor(options: FairQueueOptions) {
    this.options = options
  }

  /** Resolves or rejects as `work` does, once it has had its turn. Throws QueueFull. */
  async run<T>(claim: WorkClaim, work: () => Promise<T>): Promise<T> {
    this.charge(claim)
    await this.turnOf(claim)
    try {
      return await work()
    } finally {
      this.running.delete(claim)
      this.next()
    }
  }

  private turnOf(claim: WorkClaim): Promise<void> {
    return new Promise((start, reject) => {
      const waiting: Waiting = {
        claim,
        start() {
          clearTimeout(late)
          start()
        },
        reject(error) {
          clearTimeout(late)
          reject(error)
        },
        passedOver: 0,
      }
      const late = setTimeout(() => this.refuse(waiting), this.options.mostWaitMs).unref()
      this.waiting.push(waiting)
      this.next()
      if (this.waiting.length > this.options.mostWaiting) this.refuseLast()
    })
  }

  private next(): void {
    while (this.running.size < this.options.atOnce) {
      const ready = this.waiting.filter(({ claim }) => this.mayRun(claim))
      const overdue = this.sinceOverdue + 1 < OVERDUE_EVERY ? undefined : mostOverdue(ready)
      const first = overdue ?? ready.toSorted((a, b) => this.rank(a) - this.rank(b))[0]
      if (!first) return
      this.sinceOverdue = overdue ? 0 : this.sinceOverdue + 1
      for (const other of ready) other.passedOver++
      this.waiting.splice(this.waiting.indexOf(first), 1)
      if (overdue) this.waitAnew(overdue.claim.client)
      this.running.add(first.claim)
      first.start()
    }
  }

  private waitAnew(client: string | undefined): void {
    for (const other of this.waiting) if (other.claim.client === client) other.passedOver = 0
  }

  private mayRun({ client, cost }: WorkClaim): boolean {
    const { longCost } = this.options
    for (const other of this.running) {
      if (client !== undefined && other.client === client) return false
      if (cost > longCost && other.cost > longCost) return false
    }
    return true
  }

  private refuseLast(): void {
    // Of equals, the newest.
    this.refuse(this.waiting.reduce((a, b) => (this.rank(b) >= this.rank(a) ? b : a)))
  }

  private refuse(waiting: Waiting): void {
    this.waiting.splice(this.waiting.indexOf(waiting), 1)
    waiting.reject(new QueueFull())
  }

  private rank({ claim: { subject, client, cost }, passedOver }: Waiting): number {
    const ofClient = client === undefined ? 0 : (this.use.get(clientKey(client)) ?? 0)
    return (this.use.get(subjectKey(subject)) ?? 0) + ofClient + cost / (1 + passedOver)
  }

  private charge({ subject, client, cost }: WorkClaim): void {
    for (const key of [subjectKey(subject), ...(client === undefined ? [] : [clientKey(client)])]) {
      this.use.set(key, (this.use.get(key) ?? 0) + Math.max(cost, 1))
    }
    if (++this.claims % HALVED_AFTER !== 0) return
    for (const [key, cost] of this.use) {
      if (cost >= 1) this.use.set(key, cost / 2)
      else this.use.delete(key)
    }
  }
}

function mostOverdue(ready: readonly Waiting[]): Waiting | undefined {
  const overdue = ready.filter(({ passedOver }) => passedOver >= MOST_PASSED_OVER)
  return overdue.toSorted((a, b) => b.passedOver - a.passedOver)[0]
}

const subjectKey = (subject: string) => `subject ${subject}`
const clientKey = (client: string) => `client ${client}`
