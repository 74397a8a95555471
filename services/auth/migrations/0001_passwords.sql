-- Passwords, policy and audit (docs/storage.md, "The PostgreSQL store of the auth service"). There is little of it: a
-- service reads all passwords at once. Times are seconds since 1970.

-- The one row that every change updates first: who holds it changes passwords and policy, and nobody else does.
CREATE TABLE auth_state (
  one                boolean NOT NULL PRIMARY KEY CHECK (one),
  generation         bigint  NOT NULL,  -- grows by one with each change; 0: there was none yet
  policy_version     bigint  NOT NULL,  -- grows by one with each change of the policy
  new_queues         boolean NOT NULL,
  proxy              boolean NOT NULL,
  proxy_destinations text[]  NOT NULL   -- empty: all
) WITH (fillfactor = 10);
INSERT INTO auth_state VALUES (true, 0, 0, true, true, '{}');

-- What is known of a password. The password itself is nowhere: `digest` is keyed with a platform key, and hardened
-- besides where `salt` is there.
CREATE TABLE auth_passwords (
  password_id  text     NOT NULL PRIMARY KEY,
  number       bigint   NOT NULL GENERATED ALWAYS AS IDENTITY UNIQUE,  -- the order of their creation
  label        text     NOT NULL,
  state        smallint NOT NULL CHECK (state BETWEEN 0 AND 2),  -- 0 active, 1 superseded, 2 revoked
  created      bigint   NOT NULL,
  not_before   bigint   NOT NULL,  -- 0: from its creation on
  expires      bigint   NOT NULL,  -- 0: never
  daily_limit  bigint   NOT NULL CHECK (daily_limit BETWEEN 0 AND 4294967295),  -- queues a day; 0: any number
  successor_id text     NOT NULL,  -- of a superseded one; otherwise empty
  key_id       integer  NOT NULL CHECK (key_id BETWEEN 0 AND 65535),  -- of the platform key
  digest       bytea    NOT NULL CHECK (octet_length(digest) = 32),
  salt         bytea    CHECK (octet_length(salt) = 16),  -- NULL, and the hint, too: a generated password
  hint         smallint CHECK (hint BETWEEN 0 AND 255),
  CHECK ((salt IS NULL) = (hint IS NULL))
);

-- How passwords were used. Apart from them, so that counting never waits for a change, nor a change for counting.
CREATE TABLE auth_password_uses (
  password_id   text   NOT NULL PRIMARY KEY REFERENCES auth_passwords,
  uses          bigint NOT NULL,  -- queues created with it
  last_day      bigint NOT NULL,  -- days since 1970
  uses_that_day bigint NOT NULL
) WITH (fillfactor = 10);

-- Changes of the last day, so that one that is asked for again is not done again.
CREATE TABLE auth_done_requests (
  request_id  bytea  NOT NULL PRIMARY KEY CHECK (octet_length(request_id) = 16),
  seconds     bigint NOT NULL,
  password_id text   NOT NULL  -- that came out of it; may be empty
);

-- What administrators did, and what was refused to them.
CREATE TABLE auth_audit (
  number  bigint  NOT NULL PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
  seconds bigint  NOT NULL,
  actor   text    NOT NULL,
  action  text    NOT NULL,
  subject text    NOT NULL,
  refused boolean NOT NULL,
  reason  text    NOT NULL
);
CREATE INDEX auth_audit_seconds ON auth_audit (seconds);
