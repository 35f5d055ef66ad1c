/**
 * The tables of PostgreSQL that are not the ledger's: who leads, and small values of services. A text of PostgreSQL
 * cannot hold NUL: what users write is JSON.
 */
export const storeTables = `
CREATE TABLE herald.service_state (
  key        text COLLATE "C" PRIMARY KEY,
  value      text NOT NULL,
  expires_at timestamptz NOT NULL
);
CREATE INDEX service_state_expires ON herald.service_state (expires_at);

CREATE TABLE herald.lead (
  one        boolean PRIMARY KEY DEFAULT true CHECK (one),
  member     text NOT NULL DEFAULT '',
  host       text NOT NULL DEFAULT '',
  term       bigint NOT NULL DEFAULT 0,
  expires_at timestamptz NOT NULL DEFAULT '-infinity'
);
INSERT INTO herald.lead DEFAULT VALUES;

CREATE TABLE herald.member (
  id         text COLLATE "C" PRIMARY KEY,
  expires_at timestamptz NOT NULL
);

CREATE FUNCTION herald.beat(p_member text, p_host text, p_ttl bigint, p_first boolean)
RETURNS TABLE (leads boolean, term bigint, members int) LANGUAGE plpgsql AS $$
DECLARE
  v_lead herald.lead;
  v_now timestamptz := clock_timestamp();
  v_until timestamptz := clock_timestamp() + p_ttl * interval '1 millisecond';
BEGIN
  SELECT * INTO v_lead FROM herald.lead FOR UPDATE;
  DELETE FROM herald.member m WHERE m.expires_at < v_now;
  IF v_lead.member = p_member THEN
    UPDATE herald.lead l SET expires_at = v_until;
  ELSIF v_lead.member = '' OR v_lead.expires_at < v_now OR (p_first AND v_lead.host = p_host) THEN
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

CREATE FUNCTION herald.leave(p_member text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  DELETE FROM herald.member WHERE id = p_member;
  UPDATE herald.lead SET member = '' WHERE member = p_member;
END $$;
`;
