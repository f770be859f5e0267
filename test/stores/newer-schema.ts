import pg from 'pg'

/**
 * Does to the schema what a newer release may do beside processes of this one: it has more columns, more tables and a
 * higher version. Programs can use it that know `usableFrom`; absent: as before.
 */
export async function addToSchema(url: string, usableFrom?: number): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    await client.query(`DO $$
      DECLARE name text;
      BEGIN
        FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'windrow' AND tablename <> 'version' LOOP
          EXECUTE format('ALTER TABLE windrow.%I ADD COLUMN newer_column text NOT NULL DEFAULT ''newer''', name);
        END LOOP;
        CREATE TABLE windrow.newer_table (only_one boolean PRIMARY KEY DEFAULT true);
        UPDATE windrow.version SET version = version + 1, usable_from = ${usableFrom ?? 'usable_from'};
      END $$`)
  } finally {
    await client.end()
  }
}
