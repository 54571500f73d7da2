-- The installation's key moves out of the database, and guests become accounts. One text for SQLite and PostgreSQL.

-- By what a key is recognised: an HMAC under it, from which it cannot be computed. installation_keys is empty once the
-- first start has moved what was in it.
create table key_fingerprints (
    name text not null primary key,
    fingerprint bytea not null check (length(fingerprint) = 32)
);

-- What a guest did is joined to their account when they sign in: everything of one participant is found.
create index reports_of_reporter on reports (tenant_id, reporter_id);
create index merged_votes_of_voter on merged_votes (tenant_id, voter_id);
create index events_of_asker on events (tenant_id, asker_id) where asker_id is not null;
