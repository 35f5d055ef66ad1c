export interface Migration {
  sql: string;
  /** The number of the oldest migration whose release can still work with the tables after this one. */
  oldestReader: number;
}

/**
 * Our tables in PostgreSQL, embedded or not. A migration that was released is never edited: add another.
 *
 * What Herald does not ask for by value is JSON text (strings escaped, so that a NUL character in a oncePer value
 * cannot break a row) or packed JSON, so that a field added to a record needs no migration. Functions make each
 * change of the ledger one round trip; every statement in them sees what was committed before it.
 *
 * `episode.delivery` is the delivery that the episode was claimed with: a claim that is repeated after a lost answer
 * is known by it. `episode.slot` groups the oncePer values of one condition and destination.
 *
 * Locks are taken in one order (Application, delivery, episode, snapshot), so that no two calls wait for each other.
 */
export const migrations: readonly Migration[] = [
  {
    oldestReader: 1,
    sql: `
CREATE TABLE herald.application (
  uid    text COLLATE "C" PRIMARY KEY,
  record bytea NOT NULL
);

CREATE TABLE herald.episode (
  uid          text COLLATE "C" NOT NULL,
  key          text COLLATE "C" NOT NULL,
  once         boolean NOT NULL,
  slot         text COLLATE "C" NOT NULL,
  delivery     text COLLATE "C" NOT NULL,
  record       text NOT NULL,
  notified_at  bigint,
  confirmed_at bigint NOT NULL,
  PRIMARY KEY (uid, key)
);
CREATE INDEX episode_confirmed ON herald.episode (confirmed_at) WHERE once;

CREATE TABLE herald.snapshot (
  id      text COLLATE "C" PRIMARY KEY,
  packed  bytea NOT NULL,
  holders int NOT NULL
);
ALTER TABLE herald.snapshot ALTER COLUMN packed SET STORAGE EXTERNAL;

CREATE TABLE herald.delivery (
  id          text COLLATE "C" PRIMARY KEY,
  uid         text COLLATE "C" NOT NULL,
  episode     text COLLATE "C" NOT NULL,
  snapshot    text COLLATE "C" NOT NULL,
  record      text NOT NULL,
  observed_at bigint NOT NULL,
  settlement  text,
  settled_at  bigint
);
CREATE INDEX delivery_pending ON herald.delivery (observed_at, id) WHERE settlement IS NULL;
CREATE INDEX delivery_parked ON herald.delivery (settled_at DESC, id DESC) WHERE settlement IS NOT NULL;

CREATE TABLE herald.service_state (
  key        text COLLATE "C" PRIMARY KEY,
  value      text NOT NULL,
  expires_at timestamptz NOT NULL
);
CREATE INDEX service_state_expires ON herald.service_state (expires_at);

CREATE FUNCTION herald.apply_1(
  p_uid text, p_record bytea, p_end text[],
  p_import_keys text[], p_import_once boolean[], p_import_slots text[], p_import_records text[],
  p_import_notified bigint[], p_import_opened bigint[],
  p_confirm text[], p_confirmed_at bigint,
  p_keys text[], p_once boolean[], p_slots text[], p_records text[], p_opened bigint[],
  p_ids text[], p_bodies text[], p_snapshots text[], p_observed bigint[],
  p_snapshot_ids text[], p_snapshot_packed bytea[]
) RETURNS text[] LANGUAGE plpgsql AS $$
DECLARE
  v_written text[];
  v_inserted text[];
BEGIN
  PERFORM pg_advisory_xact_lock(hashtextextended(p_uid, 0));

  IF p_record IS NOT NULL THEN
    INSERT INTO herald.application (uid, record) VALUES (p_uid, p_record)
      ON CONFLICT (uid) DO UPDATE SET record = excluded.record;
  END IF;

  IF cardinality(p_end) > 0 THEN
    DELETE FROM herald.episode e
     WHERE e.uid = p_uid AND e.key = ANY (p_end)
       AND NOT EXISTS (SELECT FROM unnest(p_keys, p_ids) AS c(key, id) WHERE c.key = e.key AND c.id = e.delivery);
  END IF;

  IF cardinality(p_import_keys) > 0 THEN
    INSERT INTO herald.episode (uid, key, once, slot, delivery, record, notified_at, confirmed_at)
    SELECT DISTINCT ON (i.key) p_uid, i.key, i.once, i.slot, '', i.record, i.notified, i.opened
      FROM unnest(p_import_keys, p_import_once, p_import_slots, p_import_records, p_import_notified, p_import_opened)
           WITH ORDINALITY AS i(key, once, slot, record, notified, opened, n)
     ORDER BY i.key, i.n
    ON CONFLICT (uid, key) DO NOTHING;
  END IF;

  IF cardinality(p_confirm) > 0 THEN
    UPDATE herald.episode SET confirmed_at = p_confirmed_at
     WHERE uid = p_uid AND key = ANY (p_confirm) AND once AND confirmed_at < p_confirmed_at;
  END IF;

  IF cardinality(p_keys) = 0 THEN
    RETURN '{}';
  END IF;

  WITH written AS (
    INSERT INTO herald.episode (uid, key, once, slot, delivery, record, confirmed_at)
    SELECT DISTINCT ON (c.key) p_uid, c.key, c.once, c.slot, c.id, c.record, c.opened
      FROM unnest(p_keys, p_once, p_slots, p_ids, p_records, p_opened)
           WITH ORDINALITY AS c(key, once, slot, id, record, opened, n)
     ORDER BY c.key, c.n
    ON CONFLICT (uid, key) DO NOTHING
    RETURNING key, delivery
  )
  SELECT coalesce(array_agg(delivery), '{}') INTO v_written FROM written;

  WITH inserted AS (
    INSERT INTO herald.delivery (id, uid, episode, snapshot, record, observed_at)
    SELECT DISTINCT ON (d.id) d.id, p_uid, d.episode, d.snapshot, d.body, d.observed
      FROM unnest(p_ids, p_keys, p_snapshots, p_bodies, p_observed)
           AS d(id, episode, snapshot, body, observed)
     WHERE d.id = ANY (v_written)
    ON CONFLICT (id) DO NOTHING
    RETURNING snapshot
  )
  SELECT coalesce(array_agg(snapshot), '{}') INTO v_inserted FROM inserted;

  INSERT INTO herald.snapshot (id, packed, holders)
  SELECT s.id, s.packed, h.holders
    FROM unnest(p_snapshot_ids, p_snapshot_packed) AS s(id, packed)
    JOIN (SELECT id, count(*)::int AS holders FROM unnest(v_inserted) AS v(id) GROUP BY id) AS h USING (id)
   ORDER BY s.id
  ON CONFLICT (id) DO UPDATE SET holders = herald.snapshot.holders + excluded.holders;

  UPDATE herald.episode e SET confirmed_at = c.opened
    FROM unnest(p_keys, p_opened) AS c(key, opened)
   WHERE e.uid = p_uid AND e.key = c.key AND e.once AND e.confirmed_at < c.opened;

  RETURN ARRAY(
    SELECT c.key
      FROM unnest(p_keys, p_ids) WITH ORDINALITY AS c(key, id, n)
      JOIN herald.episode e ON e.uid = p_uid AND e.key = c.key AND e.delivery <> c.id
     ORDER BY c.n
  );
END $$;

CREATE FUNCTION herald.release_snapshots_1(p_ids text[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  r record;
BEGIN
  FOR r IN SELECT id, count(*)::int AS released FROM unnest(p_ids) AS v(id) GROUP BY id ORDER BY id LOOP
    UPDATE herald.snapshot SET holders = holders - r.released WHERE id = r.id;
    DELETE FROM herald.snapshot WHERE id = r.id AND holders <= 0;
  END LOOP;
END $$;

CREATE FUNCTION herald.settle_1(p_ids text[], p_sent boolean[], p_at bigint[], p_settlements text[])
RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  v_released text[];
BEGIN
  PERFORM pg_advisory_xact_lock(l.key)
     FROM (SELECT DISTINCT hashtextextended(uid, 0) AS key
             FROM herald.delivery WHERE id = ANY (p_ids) ORDER BY 1) AS l;

  UPDATE herald.delivery d SET settlement = s.settlement, settled_at = s.at
    FROM unnest(p_ids, p_sent, p_at, p_settlements) AS s(id, sent, at, settlement)
   WHERE d.id = s.id AND NOT s.sent;

  WITH sent AS (
    DELETE FROM herald.delivery d
     USING unnest(p_ids, p_sent, p_at) AS s(id, sent, at)
     WHERE d.id = s.id AND s.sent
    RETURNING d.id, d.uid, d.episode, d.snapshot, s.at
  ), notified AS (
    UPDATE herald.episode e SET notified_at = sent.at
      FROM sent WHERE e.uid = sent.uid AND e.key = sent.episode AND e.delivery = sent.id
  )
  SELECT coalesce(array_agg(snapshot), '{}') INTO v_released FROM sent;

  PERFORM herald.release_snapshots_1(v_released);
END $$;

CREATE FUNCTION herald.forget_1(p_uid text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_advisory_xact_lock(hashtextextended(p_uid, 0));
  DELETE FROM herald.application WHERE uid = p_uid;
  DELETE FROM herald.episode WHERE uid = p_uid;
END $$;

CREATE FUNCTION herald.prune_1(p_before bigint, p_limit int) RETURNS int LANGUAGE plpgsql AS $$
DECLARE
  v_episodes int;
  v_parked int;
  v_released text[];
BEGIN
  DELETE FROM herald.episode e USING (
    SELECT uid, key FROM herald.episode
     WHERE once AND confirmed_at < p_before
       AND NOT EXISTS (SELECT FROM herald.delivery d WHERE d.id = delivery AND d.settlement IS NULL)
     LIMIT p_limit FOR UPDATE SKIP LOCKED
  ) AS old WHERE e.uid = old.uid AND e.key = old.key;
  GET DIAGNOSTICS v_episodes = ROW_COUNT;

  WITH old AS (
    SELECT id FROM herald.delivery
     WHERE settlement IS NOT NULL AND settled_at < p_before
     LIMIT p_limit FOR UPDATE SKIP LOCKED
  ), removed AS (
    DELETE FROM herald.delivery d USING old WHERE d.id = old.id RETURNING d.snapshot
  )
  SELECT count(*)::int, coalesce(array_agg(snapshot), '{}') INTO v_parked, v_released FROM removed;
  PERFORM herald.release_snapshots_1(v_released);

  DELETE FROM herald.service_state WHERE expires_at < now();
  RETURN v_episodes + v_parked;
END $$;
`,
  },
  {
    // Release 0.1.0 may still send and settle, but not decide: it knows neither terms nor the order of lanes.
    oldestReader: 1,
    sql: `
ALTER TABLE herald.delivery ADD COLUMN lane text COLLATE "C" NOT NULL DEFAULT '';
ALTER TABLE herald.delivery ADD COLUMN seq bigint GENERATED BY DEFAULT AS IDENTITY;
ALTER TABLE herald.delivery ADD COLUMN attempt text;
-- What is there was numbered as it happens to lie in the table.
UPDATE herald.delivery d SET seq = o.n
  FROM (SELECT id, row_number() OVER (ORDER BY observed_at, id) AS n FROM herald.delivery) AS o
 WHERE d.id = o.id;
CREATE INDEX delivery_lane ON herald.delivery (lane, seq) WHERE settlement IS NULL;

CREATE TABLE herald.gone (
  uid      text COLLATE "C" PRIMARY KEY,
  revision text NOT NULL
);

CREATE TABLE herald.lead (
  one        boolean PRIMARY KEY DEFAULT true CHECK (one),
  member     text NOT NULL DEFAULT '',
  host       text NOT NULL DEFAULT '',
  term       bigint NOT NULL DEFAULT 0,
  expires_at timestamptz NOT NULL DEFAULT '-infinity',
  progress   text
);
INSERT INTO herald.lead DEFAULT VALUES;

CREATE TABLE herald.member (
  id         text COLLATE "C" PRIMARY KEY,
  expires_at timestamptz NOT NULL
);

CREATE OR REPLACE FUNCTION herald.apply_1(
  p_uid text, p_record bytea, p_end text[],
  p_import_keys text[], p_import_once boolean[], p_import_slots text[], p_import_records text[],
  p_import_notified bigint[], p_import_opened bigint[],
  p_confirm text[], p_confirmed_at bigint,
  p_keys text[], p_once boolean[], p_slots text[], p_records text[], p_opened bigint[],
  p_ids text[], p_bodies text[], p_snapshots text[], p_observed bigint[],
  p_snapshot_ids text[], p_snapshot_packed bytea[]
) RETURNS text[] LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'a newer release of Herald decides what is to be notified: stop this one';
END $$;

CREATE OR REPLACE FUNCTION herald.forget_1(p_uid text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'a newer release of Herald decides what is to be notified: stop this one';
END $$;

-- Whether a later term has begun. Its lock makes a replica that would begin one wait until this transaction is over.
CREATE FUNCTION herald.is_fenced_2(p_term bigint) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
  v_term bigint;
BEGIN
  SELECT term INTO v_term FROM herald.lead FOR KEY SHARE;
  RETURN v_term > p_term;
END $$;

-- NULL where a later term has begun.
CREATE FUNCTION herald.apply_2(
  p_term bigint, p_uid text, p_record bytea, p_end text[],
  p_import_keys text[], p_import_once boolean[], p_import_slots text[], p_import_records text[],
  p_import_notified bigint[], p_import_opened bigint[],
  p_confirm text[], p_confirmed_at bigint,
  p_keys text[], p_once boolean[], p_slots text[], p_records text[], p_opened bigint[],
  p_ids text[], p_bodies text[], p_lanes text[], p_snapshots text[], p_observed bigint[],
  p_snapshot_ids text[], p_snapshot_packed bytea[],
  OUT suppressed text[], OUT ready text[]
) LANGUAGE plpgsql AS $$
DECLARE
  v_written text[];
  v_inserted text[];
BEGIN
  IF herald.is_fenced_2(p_term) THEN
    RETURN;
  END IF;
  PERFORM pg_advisory_xact_lock(hashtextextended(p_uid, 0));
  suppressed := '{}';
  ready := '{}';

  IF p_record IS NOT NULL THEN
    INSERT INTO herald.application (uid, record) VALUES (p_uid, p_record)
      ON CONFLICT (uid) DO UPDATE SET record = excluded.record;
    DELETE FROM herald.gone WHERE uid = p_uid;
  END IF;

  IF cardinality(p_end) > 0 THEN
    DELETE FROM herald.episode e
     WHERE e.uid = p_uid AND e.key = ANY (p_end)
       AND NOT EXISTS (SELECT FROM unnest(p_keys, p_ids) AS c(key, id) WHERE c.key = e.key AND c.id = e.delivery);
  END IF;

  IF cardinality(p_import_keys) > 0 THEN
    INSERT INTO herald.episode (uid, key, once, slot, delivery, record, notified_at, confirmed_at)
    SELECT DISTINCT ON (i.key) p_uid, i.key, i.once, i.slot, '', i.record, i.notified, i.opened
      FROM unnest(p_import_keys, p_import_once, p_import_slots, p_import_records, p_import_notified, p_import_opened)
           WITH ORDINALITY AS i(key, once, slot, record, notified, opened, n)
     ORDER BY i.key, i.n
    ON CONFLICT (uid, key) DO NOTHING;
  END IF;

  IF cardinality(p_confirm) > 0 THEN
    UPDATE herald.episode SET confirmed_at = p_confirmed_at
     WHERE uid = p_uid AND key = ANY (p_confirm) AND once AND confirmed_at < p_confirmed_at;
  END IF;

  IF cardinality(p_keys) = 0 THEN
    RETURN;
  END IF;

  WITH written AS (
    INSERT INTO herald.episode (uid, key, once, slot, delivery, record, confirmed_at)
    SELECT DISTINCT ON (c.key) p_uid, c.key, c.once, c.slot, c.id, c.record, c.opened
      FROM unnest(p_keys, p_once, p_slots, p_ids, p_records, p_opened)
           WITH ORDINALITY AS c(key, once, slot, id, record, opened, n)
     ORDER BY c.key, c.n
    ON CONFLICT (uid, key) DO NOTHING
    RETURNING key, delivery
  )
  SELECT coalesce(array_agg(delivery), '{}') INTO v_written FROM written;

  -- In the order of the claims, which their numbers keep.
  WITH inserted AS (
    INSERT INTO herald.delivery (id, uid, episode, snapshot, record, observed_at, lane)
    SELECT d.id, p_uid, d.episode, d.snapshot, d.body, d.observed, d.lane
      FROM (SELECT DISTINCT ON (u.id) u.*
              FROM unnest(p_ids, p_keys, p_snapshots, p_bodies, p_observed, p_lanes)
                   WITH ORDINALITY AS u(id, episode, snapshot, body, observed, lane, n)
             WHERE u.id = ANY (v_written)
             ORDER BY u.id, u.n) AS d
     ORDER BY d.n
    ON CONFLICT (id) DO NOTHING
    RETURNING snapshot
  )
  SELECT coalesce(array_agg(snapshot), '{}') INTO v_inserted FROM inserted;

  INSERT INTO herald.snapshot (id, packed, holders)
  SELECT s.id, s.packed, h.holders
    FROM unnest(p_snapshot_ids, p_snapshot_packed) AS s(id, packed)
    JOIN (SELECT id, count(*)::int AS holders FROM unnest(v_inserted) AS v(id) GROUP BY id) AS h USING (id)
   ORDER BY s.id
  ON CONFLICT (id) DO UPDATE SET holders = herald.snapshot.holders + excluded.holders;

  UPDATE herald.episode e SET confirmed_at = c.opened
    FROM unnest(p_keys, p_opened) AS c(key, opened)
   WHERE e.uid = p_uid AND e.key = c.key AND e.once AND e.confirmed_at < c.opened;

  suppressed := ARRAY(
    SELECT c.key
      FROM unnest(p_keys, p_ids) WITH ORDINALITY AS c(key, id, n)
      JOIN herald.episode e ON e.uid = p_uid AND e.key = c.key AND e.delivery <> c.id
     ORDER BY c.n
  );
  ready := ARRAY(
    SELECT c.id FROM unnest(p_ids) WITH ORDINALITY AS c(id, n) WHERE herald.is_ready_2(c.id) ORDER BY c.n
  );
END $$;

CREATE FUNCTION herald.is_ready_2(p_id text) RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT EXISTS (
    SELECT FROM herald.delivery d
     WHERE d.id = p_id AND d.settlement IS NULL AND (d.lane = '' OR NOT EXISTS (
       SELECT FROM herald.delivery b WHERE b.lane = d.lane AND b.settlement IS NULL AND b.seq < d.seq
     ))
  )
$$;

CREATE FUNCTION herald.forget_2(p_term bigint, p_uid text, p_revision text) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
  IF herald.is_fenced_2(p_term) THEN
    RETURN false;
  END IF;
  PERFORM pg_advisory_xact_lock(hashtextextended(p_uid, 0));
  DELETE FROM herald.application WHERE uid = p_uid;
  DELETE FROM herald.episode WHERE uid = p_uid;
  INSERT INTO herald.gone (uid, revision) VALUES (p_uid, p_revision)
    ON CONFLICT (uid) DO UPDATE SET revision = excluded.revision;
  RETURN true;
END $$;

CREATE FUNCTION herald.set_progress_2(p_term bigint, p_revision text) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
  UPDATE herald.lead SET progress = p_revision WHERE term <= p_term;
  IF NOT FOUND THEN
    RETURN false;
  END IF;
  DELETE FROM herald.gone
   WHERE CASE WHEN revision ~ '^[0-9]+$' AND p_revision ~ '^[0-9]+$'
              THEN revision::numeric <= p_revision::numeric ELSE true END;
  RETURN true;
END $$;

-- One answer for each item, in order: 'begun', 'settled', 'behind', or the mark that stands.
CREATE FUNCTION herald.begin_2(p_ids text[], p_marks text[], p_replaces text[]) RETURNS text[] LANGUAGE plpgsql AS $$
DECLARE
  v_answers text[] := '{}';
  v_row record;
  v_item record;
BEGIN
  PERFORM pg_advisory_xact_lock(l.key)
     FROM (SELECT DISTINCT hashtextextended(uid, 0) AS key
             FROM herald.delivery WHERE id = ANY (p_ids) ORDER BY 1) AS l;
  FOR v_item IN
    SELECT i.id, i.mark, i.replaces FROM unnest(p_ids, p_marks, p_replaces) WITH ORDINALITY AS i(id, mark, replaces, n)
     ORDER BY i.n
  LOOP
    SELECT settlement, attempt INTO v_row FROM herald.delivery WHERE id = v_item.id;
    IF NOT FOUND OR v_row.settlement IS NOT NULL THEN
      v_answers := v_answers || 'settled'::text;
    ELSIF NOT herald.is_ready_2(v_item.id) THEN
      v_answers := v_answers || 'behind'::text;
    ELSIF v_row.attempt IS NOT NULL AND v_row.attempt IS DISTINCT FROM v_item.replaces THEN
      v_answers := v_answers || v_row.attempt;
    ELSE
      UPDATE herald.delivery SET attempt = v_item.mark WHERE id = v_item.id;
      v_answers := v_answers || 'begun'::text;
    END IF;
  END LOOP;
  RETURN v_answers;
END $$;

-- One row for each item, in order; next is the id that is first in its lane now.
CREATE FUNCTION herald.settle_2(p_ids text[], p_sent boolean[], p_at bigint[], p_settlements text[])
RETURNS TABLE (settled boolean, open boolean, next text) LANGUAGE plpgsql AS $$
DECLARE
  v_item record;
  v_row record;
BEGIN
  PERFORM pg_advisory_xact_lock(l.key)
     FROM (SELECT DISTINCT hashtextextended(uid, 0) AS key
             FROM herald.delivery WHERE id = ANY (p_ids) ORDER BY 1) AS l;
  FOR v_item IN
    SELECT i.* FROM unnest(p_ids, p_sent, p_at, p_settlements) WITH ORDINALITY AS i(id, sent, at, settlement, n)
     ORDER BY i.n
  LOOP
    SELECT d.uid, d.episode, d.snapshot, d.lane, d.settlement INTO v_row FROM herald.delivery d WHERE d.id = v_item.id;
    settled := false;
    open := false;
    next := NULL;
    IF FOUND THEN
      settled := v_row.settlement IS NULL;
      IF v_item.sent THEN
        DELETE FROM herald.delivery d WHERE d.id = v_item.id;
        UPDATE herald.episode e SET notified_at = v_item.at
         WHERE e.uid = v_row.uid AND e.key = v_row.episode AND e.delivery = v_item.id;
        open := FOUND;
        PERFORM herald.release_snapshots_1(ARRAY[v_row.snapshot]);
      ELSE
        UPDATE herald.delivery d SET settlement = v_item.settlement, settled_at = v_item.at, attempt = NULL
         WHERE d.id = v_item.id;
        open := EXISTS (
          SELECT FROM herald.episode e WHERE e.uid = v_row.uid AND e.key = v_row.episode AND e.delivery = v_item.id
        );
      END IF;
      IF v_row.lane <> '' THEN
        next := (
          SELECT d.id FROM herald.delivery d WHERE d.lane = v_row.lane AND d.settlement IS NULL ORDER BY d.seq LIMIT 1
        );
      END IF;
    END IF;
    RETURN NEXT;
  END LOOP;
END $$;

CREATE FUNCTION herald.unpark_2(p_ids text[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_advisory_xact_lock(l.key)
     FROM (SELECT DISTINCT hashtextextended(uid, 0) AS key
             FROM herald.delivery WHERE id = ANY (p_ids) ORDER BY 1) AS l;
  UPDATE herald.delivery d
     SET settlement = NULL, settled_at = NULL, attempt = NULL,
         seq = nextval(pg_get_serial_sequence('herald.delivery', 'seq'))
    FROM (SELECT id FROM herald.delivery WHERE id = ANY (p_ids) AND settlement IS NOT NULL
           ORDER BY observed_at, id) AS o
   WHERE d.id = o.id;
END $$;

CREATE FUNCTION herald.beat_2(p_member text, p_host text, p_ttl bigint, p_first boolean, p_alone boolean)
RETURNS TABLE (leads boolean, term bigint, members int) LANGUAGE plpgsql AS $$
DECLARE
  v_lead herald.lead;
  v_now timestamptz := clock_timestamp();
  v_until timestamptz := clock_timestamp() + p_ttl * interval '1 millisecond';
BEGIN
  SELECT * INTO v_lead FROM herald.lead FOR UPDATE;
  DELETE FROM herald.member m WHERE m.expires_at < v_now OR (p_alone AND m.id <> p_member);
  IF v_lead.member = p_member THEN
    UPDATE herald.lead l SET expires_at = v_until;
  ELSIF v_lead.member = '' OR v_lead.expires_at < v_now OR (p_first AND (p_alone OR v_lead.host = p_host)) THEN
    IF v_lead.host = p_host THEN
      DELETE FROM herald.member m WHERE m.id = v_lead.member;
    END IF;
    v_lead.member := p_member;
    v_lead.term := v_lead.term + 1;
    UPDATE herald.lead l SET member = p_member, host = p_host, term = v_lead.term, expires_at = v_until;
  END IF;
  INSERT INTO herald.member (id, expires_at) VALUES (p_member, v_until)
    ON CONFLICT (id) DO UPDATE SET expires_at = excluded.expires_at;
  leads := v_lead.member = p_member;
  term := v_lead.term;
  members := (SELECT count(*)::int FROM herald.member);
  RETURN NEXT;
END $$;

CREATE FUNCTION herald.leave_2(p_member text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  DELETE FROM herald.member WHERE id = p_member;
  UPDATE herald.lead SET member = '' WHERE member = p_member;
END $$;
`,
  },
];
