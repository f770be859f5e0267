import { ClaimedWork, type ClaimedWorkDeps } from './claimed-work.ts'

/** Work of one name, which one of several processes does at a time. */
export class SoleWork {
  private readonly name: string
  private readonly claimed: ClaimedWork | undefined
  private isReleased = false

  /** `shared` is absent for a process alone. */
  constructor(name: string, shared: ClaimedWorkDeps | undefined) {
    this.name = name
    this.claimed = shared && new ClaimedWork(shared)
  }

  /** Claims the work, or renews the claim; cheap when it was called a moment ago. True where this process has it. */
  async claim(): Promise<boolean> {
    await this.claimed?.renew([this.name])
    return this.isMine()
  }

  isMine(): boolean {
    return !this.isReleased && (this.claimed?.has(this.name) ?? true)
  }

  /** Leaves the work to others, at once and for good. */
  async release(): Promise<void> {
    this.isReleased = true
    await this.claimed?.release()
  }
}
