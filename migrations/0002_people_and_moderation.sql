-- People, roles by team, teams' doors, moderation, the audit. One text for SQLite and PostgreSQL, as in the first.
--
-- SQLite cannot change a check or add a reference to a table that is there, so columns that are added carry none that
-- they would need another column for; the statements that write them keep what a reference would.

-- ---- people ----

-- As it was typed, and in lower case for comparing. Absent for somebody who came by a one-time link.
alter table users add column email text;
alter table users add column email_key text;
-- The PHC string of argon2id; absent for somebody who signs in in other ways only.
alter table users add column password_hash text;
-- Set while the person may not come in.
alter table users add column deactivated_at bigint;
create unique index users_email on users (tenant_id, email_key);

-- What a person may do in one team, beyond what they may do in the whole tenant (users.role).
create table memberships (
    tenant_id uuid not null,
    team_id uuid not null,
    user_id uuid not null,
    role text not null check (role in ('viewer', 'member', 'moderator')),
    created_at bigint not null,
    primary key (tenant_id, team_id, user_id),
    foreign key (tenant_id, team_id) references teams (tenant_id, id),
    foreign key (tenant_id, user_id) references users (tenant_id, id)
);

create index memberships_of_user on memberships (tenant_id, user_id);

-- What a session is called where it is listed: its secret's hash is never shown.
alter table sessions add column id uuid;
-- The browser as it calls itself, shortened.
alter table sessions add column label text not null default '';
alter table sessions add column seen_at bigint;
create index sessions_of_user on sessions (tenant_id, user_id);

-- One-time links for a person who is known already: an invitation, a new password, signing in.
create table person_links (
    token_hash bytea not null primary key check (length(token_hash) = 32),
    tenant_id uuid not null,
    user_id uuid not null,
    purpose text not null check (purpose in ('invitation', 'password', 'sign_in')),
    created_at bigint not null,
    expires_at bigint not null,
    used_at bigint,
    foreign key (tenant_id, user_id) references users (tenant_id, id)
);

create index person_links_of_user on person_links (tenant_id, user_id, purpose);

-- Who a person is at an OpenID Connect provider.
create table identities (
    tenant_id uuid not null,
    issuer text not null,
    subject text not null,
    user_id uuid not null,
    created_at bigint not null,
    primary key (tenant_id, issuer, subject),
    foreign key (tenant_id, user_id) references users (tenant_id, id)
);

-- Sessions and people whose access ended a moment ago. Every instance looks here and ends their streams; rows are
-- worth nothing after a minute.
create table revocations (
    id uuid not null primary key,
    tenant_id uuid not null,
    user_id uuid not null,
    -- One session; null when all of the person's ended.
    session_id uuid,
    at bigint not null
);

create index revocations_at on revocations (at);

-- ---- tenants and teams ----

-- What the operator allows the tenant, as JSON; absent limits are none.
alter table tenants add column limits text not null default '{}';
-- Set while nobody comes in.
alter table tenants add column archived_at bigint;

alter table teams add column state text not null default 'open' check (state in ('open', 'voting', 'closed'));
alter table teams add column archived_at bigint;
-- What people type to find the team; unique in the installation, so that one box takes all codes.
alter table teams add column join_code text;
-- What the team decided otherwise than its tenant, as JSON.
alter table teams add column settings text not null default '{}';
create unique index teams_join_code on teams (join_code);

-- ---- moderation ----

-- Why a question is no longer on the board; null while it is, or waits for review.
alter table questions add column removal text check (removal in ('declined', 'withdrawn', 'merged', 'deleted'));
alter table questions add column removed_by uuid;
alter table questions add column removed_at bigint;
-- What the asker is told of it.
alter table questions add column removal_reason text;
-- The question that has its votes now.
alter table questions add column merged_into uuid;
-- Why it was held back: 'pre_moderation', or what the filter found.
alter table questions add column hold_reason text;
-- The text as it was asked, once it was edited.
alter table questions add column original_body text;
alter table questions add column edited_at bigint;
-- Counts every change by hand: a change is made to the version that its maker has seen.
alter table questions add column version bigint not null default 1;
-- What its asker chose to be called; null when anonymous.
alter table questions add column author_name text;
-- For the team's moderators only.
alter table questions add column starred_at bigint;
alter table questions add column label text;
alter table questions add column draft_text text;
alter table questions add column draft_by uuid;
alter table questions add column draft_at bigint;
alter table questions add column claimed_by uuid;
alter table questions add column claimed_at bigint;

-- For "what have I asked" and "how often".
create index questions_of_author on questions (tenant_id, author_id, created_at);

-- Votes that a merge brought from one question to another: a split takes them back.
create table merged_votes (
    tenant_id uuid not null,
    source_id uuid not null,
    target_id uuid not null,
    voter_id uuid not null,
    primary key (source_id, voter_id),
    foreign key (tenant_id, source_id) references questions (tenant_id, id),
    foreign key (tenant_id, target_id) references questions (tenant_id, id)
);

-- Participants who think that a question should not be there.
create table reports (
    tenant_id uuid not null,
    question_id uuid not null,
    reporter_id uuid not null,
    reason text not null,
    at bigint not null,
    primary key (question_id, reporter_id),
    foreign key (tenant_id, question_id) references questions (tenant_id, id)
);

-- Between a question's moderators and its asker, neither of whom learns who the other is.
create table thread_messages (
    id uuid not null primary key,
    tenant_id uuid not null,
    question_id uuid not null,
    -- The moderator; null when the asker wrote it.
    user_id uuid,
    body text not null,
    at bigint not null,
    foreign key (tenant_id, question_id) references questions (tenant_id, id)
);

create index thread_of_question on thread_messages (tenant_id, question_id, at);

-- Whom a fact is for: 'all', 'staff' for the moderators of its team, 'asker' for whoever asked the question.
alter table events add column audience text not null default 'all' check (audience in ('all', 'staff', 'asker'));
-- That participant.
alter table events add column asker_id uuid;

-- ---- the audit ----

-- Rows are written once and never changed.
create table audit_log (
    id uuid not null primary key,
    tenant_id uuid not null references tenants (id),
    at bigint not null,
    -- The person; null for the operator's command line, or somebody who was not signed in.
    user_id uuid,
    action text not null,
    team_id uuid,
    -- What it was done to.
    subject_id uuid,
    outcome text not null check (outcome in ('done', 'refused')),
    -- JSON, as much of it as the action concerns.
    before text,
    after text
);

create index audit_log_at on audit_log (tenant_id, at, id);
create index audit_log_subject on audit_log (tenant_id, subject_id, at);
