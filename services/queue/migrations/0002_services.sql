-- Services (docs/wire.md, "Services"): which queues and notifiers belong to which, and how many each has.

ALTER TABLE queues
  ADD COLUMN recipient_service bytea,  -- the service that subscribes to the queue; NULL: none
  ADD COLUMN notifier_service  bytea;  -- and to its notifier

-- The queues of a service, page by page. Messages change nothing in it.
CREATE INDEX queues_service ON queues (recipient_service, recipient_id) WHERE recipient_service IS NOT NULL;

-- How many queues (of a service with role M) or notifiers (N) belong to a service, and the hash of their ids, the XOR
-- of the MD5 of each as two numbers: the sums, and XORs, over all slots. A transaction changes the slot that it draws,
-- so that replicas rarely wait for each other.
CREATE TABLE service_totals (
  service_id bytea    NOT NULL,
  slot       smallint NOT NULL,
  ids        bigint   NOT NULL,
  hash_high  bigint   NOT NULL,
  hash_low   bigint   NOT NULL,
  PRIMARY KEY (service_id, slot)
) WITH (fillfactor = 50);
