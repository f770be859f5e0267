import pg from 'pg'
import type { ContractStore } from '../../src/stores/nouns.contract.ts'
import type { PostgresStore } from '../../src/stores/postgres/postgres-store.ts'
import { addToSchema } from './newer-schema.ts'

/** Opens a store in the database at a URL; whoever gives this closes what is left open in the end. */
type Open = (url: string) => Promise<PostgresStore>

/**
 * The store of all cases of contracts, one after the other: a database of its own for each would cost more than the
 * case. What a newer release adds to its schema is in nobody's way.
 */
export class EmptiedPostgres {
  private readonly createDatabase: () => Promise<string>
  private readonly open: Open
  private shared: { readonly url: string; readonly store: PostgresStore } | undefined

  constructor(createDatabase: () => Promise<string>, open: Open) {
    this.createDatabase = createDatabase
    this.open = open
  }

  /** Empties it of what the case before has left. */
  async next(): Promise<ContractStore & Pick<PostgresStore, 'stagedObjects'>> {
    this.shared ??= await this.make()
    await emptyTables(this.shared.url)
    return this.withRestart(this.shared.store, this.shared.url)
  }

  private async make() {
    const url = await this.createDatabase()
    const store = await this.open(url)
    await addToSchema(url)
    return { url, store }
  }

  private withRestart(store: PostgresStore, url: string) {
    const restart = async (): Promise<ContractStore> => {
      await store.close()
      const reopened = await this.open(url)
      this.shared = { url, store: reopened }
      return this.withRestart(reopened, url)
    }
    return { ...store, restart }
  }
}

async function emptyTables(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  // In any order: as a replica it does not ask what refers to a row.
  await client.query(`SET session_replication_role = replica; DO $$
    DECLARE name text;
    BEGIN
      FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'windrow' AND tablename <> 'version' LOOP
        EXECUTE format('DELETE FROM windrow.%I', name);
      END LOOP;
    END $$`)
  await client.end()
}
