-- Fills a migrated database with idle queues, for measuring how the platform behaves with many of them. Run by
-- scripts/load-queues, or as it is: one transaction. Settings of the session:
--   sotto.load_queues   how many (default 1000000)
--   sotto.load_seed     text that the ids are derived from (default: another one each time)
--
-- Of 10 queues, 8 are secured, 4 have a notifier and 1 is a contact address with link data, as seen on real servers; none
-- has messages now. The sealed secrets have the right size and open with no key: these queues are there to be stored and
-- passed over, not to be used. With a seed, the recipient id of queue n is the beginning of SHA-256("<seed> recipient n").

SET LOCAL synchronous_commit = off;
SET LOCAL work_mem = '256MB';

CREATE TEMPORARY TABLE loaded ON COMMIT DROP AS
  WITH settings AS MATERIALIZED (
    SELECT coalesce(nullif(current_setting('sotto.load_queues', true), '')::bigint, 1000000) AS count,
           coalesce(nullif(current_setting('sotto.load_seed', true), ''), gen_random_uuid()::text) || ' ' AS seed
  )
  SELECT n,
         seed,
         substr(sha256((seed || 'recipient ' || n)::bytea), 1, 24) AS recipient_id,
         substr(sha256((seed || 'sender ' || n)::bytea), 1, 24) AS sender_id,
         CASE WHEN n % 10 < 4 THEN substr(sha256((seed || 'notifier ' || n)::bytea), 1, 24) END AS notifier_id,
         CASE WHEN n % 10 = 9 THEN substr(sha256((seed || 'link ' || n)::bytea), 1, 24) END AS link_id
  FROM settings, generate_series(1, count) AS n;

INSERT INTO queues (
  recipient_id, version, sender_id, mode, status, blocking_reason, blocking_notice, recipient_keys, sender_key,
  notifier_id, notifier_key, link_id, sealing_key, recipient_secret, notifier_secret, head_sequence, next_sequence,
  head_id, is_full, unordered, last_seconds, expires_from)
SELECT recipient_id,
       1 + n % 4,
       sender_id,
       CASE WHEN link_id IS NULL THEN 1 ELSE 2 END,
       CASE WHEN n % 1000 = 0 THEN 1 ELSE 0 END,
       0,
       '',
       '\x01'::bytea || sha256((seed || 'recipient key ' || n)::bytea),
       CASE WHEN n % 10 < 8 THEN '\x03'::bytea || sha256((seed || 'sender key ' || n)::bytea) END,
       notifier_id,
       CASE WHEN notifier_id IS NOT NULL THEN '\x01'::bytea || sha256((seed || 'notifier key ' || n)::bytea) END,
       link_id,
       1,
       sha512((seed || 'recipient secret ' || n)::bytea) || substr(sender_id, 1, 8),
       CASE WHEN notifier_id IS NOT NULL
            THEN sha512((seed || 'notifier secret ' || n)::bytea) || substr(notifier_id, 1, 8) END,
       n % 200,
       n % 200,
       NULL,
       false,
       false,
       extract(epoch FROM now())::bigint - n % 2592000,
       NULL
FROM loaded;

INSERT INTO sender_ids SELECT sender_id, recipient_id FROM loaded;
INSERT INTO notifier_ids SELECT notifier_id, recipient_id FROM loaded WHERE notifier_id IS NOT NULL;
INSERT INTO link_ids SELECT link_id, recipient_id FROM loaded WHERE link_id IS NOT NULL;
INSERT INTO links
SELECT recipient_id,
       decode(repeat(encode(sha256((seed || 'fixed ' || n)::bytea), 'hex'), 8), 'hex'),
       decode(repeat(encode(sha256((seed || 'user ' || n)::bytea), 'hex'), 32), 'hex')
FROM loaded
WHERE link_id IS NOT NULL;

UPDATE queue_totals SET queues = queues + (SELECT count(*) FROM loaded) WHERE slot = 0;

ANALYZE queues, sender_ids, notifier_ids, link_ids, links;
