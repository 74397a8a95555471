-- Queues, their ids, link data and messages (docs/storage.md, "The PostgreSQL store"; docs/adr/0003-postgres-schema.md).
--
-- Everything of a queue has the recipient id as its distribution value: a transaction that works on a queue touches rows
-- with this one value, besides the id maps, which are written when a queue is made, changed or deleted. Partitions are
-- by hash of that value; their number can be changed offline only.

-- The queue's row: the record (docs/architecture.md), and what follows its messages. A message changes nothing in it
-- that is indexed, and the page has room for another version, so that such an update touches no index (HOT).
CREATE TABLE queues (
  recipient_id        bytea    NOT NULL PRIMARY KEY,
  -- The record. Keys: one byte of kind (1 Ed25519, 2 Ed448, 3 X25519) and the raw bytes.
  version             bigint   NOT NULL,  -- unsigned
  sender_id           bytea    NOT NULL,
  mode                smallint NOT NULL,  -- 0 none, 1 messaging, 2 contact
  status              smallint NOT NULL,  -- 0 active, 1 off, 2 blocked
  blocking_reason     smallint NOT NULL,  -- 0 spam, 1 content
  blocking_notice     text     NOT NULL,
  recipient_keys      bytea    NOT NULL,  -- one or more, one after another
  sender_key          bytea,
  notifier_id         bytea,
  notifier_key        bytea,
  link_id             bytea,
  sealing_key         integer  NOT NULL,  -- id of the platform key under which both secrets are sealed
  recipient_secret    bytea    NOT NULL,  -- sealed; encrypts message bodies for the recipient
  notifier_secret     bytea,              -- sealed; encrypts notifications
  -- The messages have the sequences head_sequence … next_sequence - 1, without gaps. A sequence is used once.
  head_sequence       bigint   NOT NULL,
  next_sequence       bigint   NOT NULL,
  head_id             bytea,              -- of the oldest message; NULL: none, or not known here
  is_full             boolean  NOT NULL,  -- the quota marker is there
  unordered           boolean  NOT NULL,  -- the clock stepped back: a message may be older than one before it
  last_seconds        bigint   NOT NULL,  -- time of the newest message
  expires_from        bigint              -- at or before the time of the oldest message; NULL: nothing to expire
) PARTITION BY HASH (recipient_id);

CREATE INDEX queues_expiry ON queues (expires_from) WHERE expires_from IS NOT NULL;

-- Which queue has this sender, notifier or link id. A row never changes; it goes with its queue, or with the id.
CREATE TABLE sender_ids (
  sender_id    bytea NOT NULL PRIMARY KEY,
  recipient_id bytea NOT NULL
) PARTITION BY HASH (sender_id);

CREATE TABLE notifier_ids (
  notifier_id  bytea NOT NULL PRIMARY KEY,
  recipient_id bytea NOT NULL
) PARTITION BY HASH (notifier_id);

CREATE TABLE link_ids (
  link_id      bytea NOT NULL PRIMARY KEY,
  recipient_id bytea NOT NULL
) PARTITION BY HASH (link_id);

CREATE TABLE links (
  recipient_id bytea NOT NULL PRIMARY KEY,
  fixed_part   bytea NOT NULL,
  user_part    bytea NOT NULL
) PARTITION BY HASH (recipient_id);

-- A message is one row for each part of its body, so that a row stays in its page and nothing is moved elsewhere (TOAST):
-- a body of the protocol is two parts, each of which fills a page. What is not the body is in part 0.
CREATE TABLE messages (
  sequence     bigint   NOT NULL,
  seconds      bigint,             -- when the server took it, since 1970
  part         smallint NOT NULL,
  kind         smallint,           -- 0 message, 1 quota marker
  recipient_id bytea    NOT NULL,
  message_id   bytea,
  body         bytea    NOT NULL,
  PRIMARY KEY (recipient_id, sequence, part)
) PARTITION BY HASH (recipient_id);

-- Keys and ciphertext do not compress.
ALTER TABLE messages ALTER COLUMN body SET STORAGE EXTERNAL;
ALTER TABLE links ALTER COLUMN fixed_part SET STORAGE EXTERNAL, ALTER COLUMN user_part SET STORAGE EXTERNAL;
ALTER TABLE queues ALTER COLUMN recipient_keys SET STORAGE EXTERNAL;

DO $$
DECLARE
  count CONSTANT integer := 4;
  parent record;
BEGIN
  FOR parent IN
    SELECT * FROM (VALUES
      ('queues', 'fillfactor = 70, autovacuum_vacuum_cost_limit = 2000'),
      ('sender_ids', ''), ('notifier_ids', ''), ('link_ids', ''), ('links', ''),
      -- Rows come and go all the time: pages are used again, and not given back to the file system in between.
      ('messages', 'toast_tuple_target = 8160, autovacuum_vacuum_cost_limit = 2000, vacuum_truncate = false'))
      AS t (name, options)
  LOOP
    FOR i IN 0 .. count - 1 LOOP
      EXECUTE format('CREATE TABLE %I PARTITION OF %I FOR VALUES WITH (MODULUS %s, REMAINDER %s) %s',
                     parent.name || '_' || i, parent.name, count, i,
                     CASE WHEN parent.options = '' THEN '' ELSE 'WITH (' || parent.options || ')' END);
    END LOOP;
  END LOOP;
END
$$;

-- How many queues and messages there are: the sum over all slots. A transaction adds to a slot that it draws, so that
-- replicas rarely wait for each other.
CREATE TABLE queue_totals (
  slot     smallint NOT NULL PRIMARY KEY,
  queues   bigint   NOT NULL,
  messages bigint   NOT NULL
) WITH (fillfactor = 10);
INSERT INTO queue_totals SELECT slot, 0, 0 FROM generate_series(0, 63) AS slot;

-- Services that clients act for (their certificates); not used yet.
CREATE TABLE services (
  service_id       bytea       NOT NULL PRIMARY KEY,
  role             "char"      NOT NULL,
  certificate_hash bytea       NOT NULL UNIQUE,
  created          timestamptz NOT NULL
);
