package store

import "strings"

// Every statement of the package, but for the schema. They take their
// arguments in the order of the question marks.

// Readings.
const (
	sqlAddReading = `INSERT INTO readings (account, at, spendable, key_remaining, key_used,
		wallet_remaining, wallet_used, requests, key_state, unlimited, err_kind,
		since, known, spent, refunds, top_up, new_requests, covered,
		per_unit, display, cny_per_usd, raw_quota, raw_used, key_limit, key_figure)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (account, at) DO NOTHING`

	sqlSample = `SELECT at, spendable, key_remaining, key_used, wallet_remaining, wallet_used,
		requests, key_state, unlimited, err_kind, since, known, spent, refunds, top_up, new_requests, covered,
		per_unit, display, cny_per_usd, raw_quota, raw_used, key_limit, key_figure
		FROM readings WHERE account = ?`
	upToNewest      = ` AND at <= COALESCE((SELECT newest FROM states WHERE states.account = ?), 0)`
	good            = ` AND (spendable IS NOT NULL OR err_kind = '') ORDER BY at DESC LIMIT 1`
	sqlLastGood     = sqlSample + upToNewest + good
	sqlLastGoodAt   = `SELECT at FROM readings WHERE account = ?` + upToNewest + good
	sqlSomeSamples  = sqlSample + ` AND at >= ? AND at < ? ORDER BY at LIMIT ?`
	sqlReadAccounts = `SELECT DISTINCT account FROM readings ORDER BY account`

	sqlNewestReading = `SELECT COALESCE(MAX((SELECT at FROM readings WHERE account = states.account AND at <= states.newest` + good + `)), 0) FROM states`

	// The readings from a time on, and those after it as far as one can reach
	// back into it.
	sqlReadingPieces = `SELECT since, at, known, spent, refunds, top_up, new_requests, covered, spendable, at, per_unit
		FROM readings WHERE account = ? AND at >= ? AND at <= COALESCE((SELECT later.at FROM readings later
			WHERE later.account = ? AND later.at >= ? AND later.known <> 0 ORDER BY later.at LIMIT 1), ?)
		ORDER BY at`
	sqlReadingTopUps = `SELECT at, top_up, per_unit FROM readings WHERE account = ? AND at > ? AND at <= ? AND top_up <> 0 ORDER BY at`
	sqlFirstOldest   = `SELECT COALESCE(MIN(at), 0) FROM readings WHERE account = ?`
	// The newest reading and the newest good one stay, however old.
	sqlPruneReadings = `DELETE FROM readings WHERE account = ? AND at < ?
		AND at < (SELECT MAX(r.at) FROM readings r WHERE r.account = ?)
		AND at <> COALESCE((SELECT r.at FROM readings r WHERE r.account = ?
			AND (r.spendable IS NOT NULL OR r.err_kind = '') ORDER BY r.at DESC LIMIT 1), 0)`
)

// Sums. %s is hours or days.
const (
	sqlSumPieces = `SELECT since, until, CASE WHEN since <> 0 THEN 1 ELSE 0 END, spent, refunds, top_up, requests, covered, balance, balance_at, per_unit
		FROM %s WHERE account = ? AND start > ? AND start < ? ORDER BY start`
	sqlHours = `SELECT start, spent, covered, per_unit FROM hours
		WHERE account = ? AND start >= ? AND start < ? AND since <> 0 ORDER BY start`
	sqlSumTopUps = `SELECT until, top_up, per_unit FROM %s WHERE account = ? AND until > ? AND until <= ? AND top_up <> 0 ORDER BY start`
	sqlRecords   = `SELECT start, spent, top_up, requests, covered, balance, readings, failed, per_unit FROM %s
		WHERE account = ? AND start >= ? AND start < ? ORDER BY start LIMIT ?`
	sqlPruneHours = `DELETE FROM hours WHERE account = ? AND start < ?`

	// The latest days on which any account was read: how many, and the first.
	sqlReadDays = `SELECT COUNT(*), COALESCE(MIN(start), 0) FROM
		(SELECT DISTINCT start FROM days WHERE readings > 0 ORDER BY start DESC LIMIT ?) latest`

	sqlPruneEvents = `DELETE FROM events WHERE at < ?`
	sqlPruneMarks  = `DELETE FROM marks WHERE at < ? AND mark NOT LIKE '%/known'`

	sqlSetPruned = `INSERT INTO pruned (level, until) VALUES (?, ?)
		ON CONFLICT (level) DO UPDATE SET until = excluded.until WHERE excluded.until > pruned.until`
)

func in(table, statement string) string { return strings.ReplaceAll(statement, "%s", table) }

// inRowsUnit is an amount of the row to insert, in the unit of the row there is.
func inRowsUnit(amount string) string {
	return `CASE WHEN %s.per_unit = excluded.per_unit OR %s.per_unit = 0 OR excluded.per_unit = 0 THEN ` + amount + `
		ELSE CAST(ROUND(` + amount + ` * excluded.per_unit / %s.per_unit) AS BIGINT) END`
}

var (
	// A row keeps the unit that it began with; what is added is converted to it.
	sqlAddSum = `INSERT INTO %s (account, start, since, until, spent, refunds, top_up, requests, covered,
		balance, balance_at, readings, failed, per_unit) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (account, start) DO UPDATE SET
		since = CASE WHEN %s.since = 0 OR (excluded.since <> 0 AND excluded.since < %s.since) THEN excluded.since ELSE %s.since END,
		until = CASE WHEN excluded.until > %s.until THEN excluded.until ELSE %s.until END,
		spent = %s.spent + ` + inRowsUnit("excluded.spent") + `, refunds = %s.refunds + ` + inRowsUnit("excluded.refunds") + `,
		top_up = %s.top_up + ` + inRowsUnit("excluded.top_up") + `,
		requests = %s.requests + excluded.requests, covered = %s.covered + excluded.covered,
		balance = CASE WHEN excluded.balance IS NOT NULL AND excluded.balance_at >= %s.balance_at THEN ` + inRowsUnit("excluded.balance") + ` ELSE %s.balance END,
		balance_at = CASE WHEN excluded.balance_at > %s.balance_at THEN excluded.balance_at ELSE %s.balance_at END,
		readings = %s.readings + excluded.readings, failed = %s.failed + excluded.failed,
		per_unit = CASE WHEN %s.per_unit = 0 THEN excluded.per_unit ELSE %s.per_unit END`
)

// Gaps and the gateway's records.
const (
	sqlAddGap = `INSERT INTO gaps (account, until, since, known, spent, refunds, requests, per_unit) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (account, until) DO NOTHING`
	sqlGaps = `SELECT since, until, known, spent, refunds, requests, per_unit FROM gaps
		WHERE account = ? AND until > ? AND since < ? ORDER BY until`
	sqlAddRecorded = `INSERT INTO recorded (account, start, quota, requests) VALUES (?, ?, ?, ?)
		ON CONFLICT (account, start) DO UPDATE SET quota = excluded.quota, requests = excluded.requests
		WHERE excluded.quota > recorded.quota`
	sqlRecorded = `SELECT start, quota, requests FROM recorded WHERE account = ? AND start >= ? AND start < ? ORDER BY start`
	// Those of hours that readings do not cover so long.
	sqlRecordedBeside = `SELECT start, quota, requests FROM recorded WHERE account = ? AND start >= ? AND start < ?
		AND NOT EXISTS (SELECT 1 FROM hours WHERE hours.account = recorded.account AND hours.start = recorded.start AND hours.since <> 0 AND hours.covered >= ?)
		ORDER BY start`
)

// States, events, marks and values.
const (
	sqlAccounts     = `SELECT account FROM states WHERE first_reading <> 0 ORDER BY account`
	sqlStates       = `SELECT spend, alert FROM states WHERE account = ?`
	sqlAlert        = `SELECT alert FROM states WHERE account = ?`
	sqlFirstReading = `SELECT first_reading FROM states WHERE account = ?`
	sqlPast         = `SELECT COALESCE((SELECT per_unit FROM states WHERE account = ?), 0), COALESCE((SELECT first_reading FROM states WHERE account = ?), 0),
		COALESCE((SELECT until FROM pruned WHERE level = 'readings'), 0), COALESCE((SELECT until FROM pruned WHERE level = 'hours'), 0)`
	sqlSpend       = `SELECT spend FROM states WHERE account = ?`
	sqlNewestWrite = `SELECT MAX(at) FROM (SELECT COALESCE(MAX(newest), 0) AS at FROM states
		UNION ALL SELECT COALESCE(MAX(last_tried), 0) FROM outbox UNION ALL SELECT COALESCE(MAX(done_at), 0) FROM outbox) newest`
	sqlSetStates = `INSERT INTO states (account, spend, alert, first_reading, newest, per_unit) VALUES (?, ?, ?, ?, ?, ?)
		ON CONFLICT (account) DO UPDATE SET
		spend = CASE WHEN excluded.spend = '' THEN states.spend ELSE excluded.spend END,
		alert = CASE WHEN excluded.alert = '' THEN states.alert ELSE excluded.alert END,
		first_reading = CASE WHEN states.first_reading = 0 OR (excluded.first_reading <> 0 AND
			excluded.first_reading < states.first_reading) THEN excluded.first_reading ELSE states.first_reading END,
		newest = CASE WHEN excluded.newest <> 0 THEN excluded.newest ELSE states.newest END,
		per_unit = CASE WHEN excluded.per_unit <> 0 THEN excluded.per_unit ELSE states.per_unit END`

	sqlAddEvent = `INSERT INTO events (account, at, condition, kind, level, since, incident) VALUES (?, ?, ?, ?, ?, ?, ?)`
	sqlEvents   = `SELECT account, condition, kind, level, at, since, incident FROM events
		WHERE account = ? AND at >= ? AND at < ? ORDER BY at, id`

	sqlAddMark = `INSERT INTO marks (mark, at) VALUES (?, ?) ON CONFLICT (mark) DO NOTHING`
	sqlMark    = `SELECT at FROM marks WHERE mark = ?`
	sqlKnown   = `SELECT mark FROM marks WHERE mark LIKE '%/known'`
	sqlFuture  = `SELECT mark FROM marks WHERE at > ? LIMIT 1`

	sqlForgetFuture = `DELETE FROM marks WHERE at > ?`
	sqlUnmark       = `DELETE FROM marks WHERE mark = ?`
	sqlValue        = `SELECT value FROM small_values WHERE name = ?`
	sqlValueNames   = `SELECT name FROM small_values WHERE substr(name, 1, ?) = ? ORDER BY name`
	sqlSetValue     = `INSERT INTO small_values (name, value) VALUES (?, ?)
		ON CONFLICT (name) DO UPDATE SET value = excluded.value`
)

// Outbox. An edit goes where the post is that it edits.
const (
	sqlEnqueue = `INSERT INTO outbox (post, channel, account, edit_of, payload, at, state, attempts,
		first_tried, last_tried, next_try, joins, lane, leader, done_at, message_id, last_error, code)
		VALUES (?, COALESCE((SELECT target.channel FROM outbox target WHERE target.post = ?), ?), ?, ?, ?, ?, 'due', 0, 0, 0, ?, ?, ?, 0, 0, '', '', 0)
		ON CONFLICT (post) DO NOTHING`
	sqlReplaceEdits = `UPDATE outbox SET state = 'dropped' WHERE edit_of = ? AND post <> ? AND state = 'due'`

	sqlDue = `SELECT o.id, o.post, COALESCE(t.channel, o.channel), o.account, o.lane, o.edit_of, COALESCE(t.message_id, ''),
		COALESCE(lead.post, t.post, o.post), o.payload, o.at, o.attempts, o.first_tried, o.last_tried, o.joins
		FROM outbox o LEFT JOIN outbox t ON o.edit_of <> '' AND t.post = o.edit_of LEFT JOIN outbox lead ON lead.id = t.leader
		WHERE (o.id IN (SELECT MIN(id) FROM outbox WHERE state IN ('due', 'sending') AND leader = 0 AND lane < 2 GROUP BY channel, lane)
			OR o.lane = 2 AND o.state IN ('due', 'sending') AND t.state = 'sent')
		AND (o.next_try <= ? OR o.next_try > ?)
		ORDER BY o.lane, o.id LIMIT ?`
	// Edits of posts that will not be sent, and those that a newer one overtook.
	orphans = `edit_of <> '' AND (state IN ('due', 'sending') AND NOT EXISTS
		(SELECT 1 FROM outbox t WHERE t.post = outbox.edit_of AND t.state IN ('due', 'sending', 'sent'))
		OR state = 'due' AND EXISTS (SELECT 1 FROM outbox n WHERE n.edit_of = outbox.edit_of AND n.id > outbox.id))`
	sqlWaiting     = `SELECT COUNT(*), COALESCE(SUM(CASE WHEN ` + orphans + ` THEN 1 ELSE 0 END), 0) FROM outbox WHERE state IN ('due', 'sending')`
	sqlDropOrphans = `UPDATE outbox SET state = 'dropped' WHERE state IN ('due', 'sending') AND ` + orphans

	sqlSending = `UPDATE outbox SET state = 'sending', attempts = attempts + 1, last_tried = ?,
		first_tried = CASE WHEN first_tried = 0 THEN ? ELSE first_tried END WHERE id = ?`
	sqlNotArrived = `UPDATE outbox SET first_tried = ?, last_tried = ? WHERE id = ?`
	// What was sent along with a message goes its way.
	sqlSent  = `UPDATE outbox SET state = 'sent', message_id = ?, done_at = ?, last_error = '', code = 0 WHERE id = ? OR leader = ?`
	sqlRetry = `UPDATE outbox SET state = 'due', next_try = 0, last_error = ? WHERE id = ?`
	sqlDead  = `UPDATE outbox SET state = 'dead', done_at = ?, last_error = ?, code = ? WHERE id = ? OR leader = ?`
	sqlDrop  = `UPDATE outbox SET state = 'dropped', done_at = ?, last_error = ? WHERE id = ? OR leader = ?`
	sqlPart  = `UPDATE outbox SET leader = 0, state = 'due' WHERE leader = ?`
	sqlMove  = `UPDATE outbox SET channel = ?, first_tried = 0, last_tried = 0 WHERE id = ?`

	sqlSetPayload = `UPDATE outbox SET payload = ? WHERE id = ?`
	sqlAddPart    = `INSERT INTO outbox (post, channel, account, edit_of, payload, at, state, attempts,
		first_tried, last_tried, next_try, joins, lane, leader, done_at, message_id, last_error, code)
		SELECT ?, channel, account, '', ?, at, 'due', 0, 0, 0, 0, 0, lane, 0, 0, '', '', 0 FROM outbox WHERE id = ?
		ON CONFLICT (post) DO NOTHING`

	// At the start of a process nothing waits for a time that an earlier one noted.
	sqlRecover = `UPDATE outbox SET state = 'due', next_try = 0 WHERE state = 'sending' OR state = 'due' AND next_try <> 0`

	// A post that waits for a message it no longer belongs to is sent by itself.
	sqlFreeLed = `UPDATE outbox SET leader = 0 WHERE leader <> 0 AND state = 'due' AND NOT EXISTS
		(SELECT 1 FROM outbox l WHERE l.id = outbox.leader AND l.leader = 0 AND l.state IN ('due', 'sending', 'dead'))`

	newest = `NOT EXISTS (SELECT 1 FROM outbox n WHERE n.edit_of = outbox.edit_of AND n.id > outbox.id)`
	// Given up, but for edits that a newer one has overtaken.
	sqlRequeueDead  = `UPDATE outbox SET state = 'due', next_try = 0, attempts = 0 WHERE state = 'dead' AND (edit_of = '' OR ` + newest + `)`
	sqlDropDead     = `UPDATE outbox SET state = 'dropped' WHERE state = 'dead'`
	sqlRequeueEdits = `UPDATE outbox SET state = 'due', next_try = 0 WHERE state = 'dropped' AND edit_of <> '' AND ` + newest + `
		AND EXISTS (SELECT 1 FROM outbox t WHERE t.post = outbox.edit_of AND t.state = 'due')`

	sqlDepth = `SELECT COALESCE(SUM(CASE WHEN state = 'dead' THEN 0 ELSE 1 END), 0),
		COALESCE(SUM(CASE WHEN state = 'dead' THEN 1 ELSE 0 END), 0) FROM outbox WHERE state IN ('due', 'sending', 'dead')`
	sqlPost = `SELECT id, post, channel, account, edit_of, payload, at, state, attempts, done_at, message_id, last_error, code FROM outbox`

	sqlDeadLetters = sqlPost + ` WHERE state = 'dead' ORDER BY id DESC LIMIT ?`
	sqlFindPost    = sqlPost + ` WHERE post = ?`
	// Posts that may go with one that was never tried: those right behind it,
	// up to the first that may not, that has been tried, or that leads others
	// since before it was refused.
	sqlMayJoin = sqlPost + ` WHERE id IN (SELECT id FROM outbox o WHERE o.channel = ? AND o.lane = ? AND o.id > ?
		AND o.state = 'due' AND o.joins = 1 AND o.first_tried = 0 AND o.leader = 0
		AND NOT EXISTS (SELECT 1 FROM outbox b WHERE b.channel = o.channel AND b.lane = o.lane AND b.id > ? AND b.id < o.id
			AND b.state IN ('due', 'sending') AND (b.joins = 0 OR b.first_tried <> 0 OR EXISTS (SELECT 1 FROM outbox l WHERE l.leader = b.id)))
		AND NOT EXISTS (SELECT 1 FROM outbox l WHERE l.leader = o.id)
		ORDER BY o.id LIMIT ?) ORDER BY id`
	sqlLead = `UPDATE outbox SET leader = ? WHERE id = ?`
	sqlLed  = sqlPost + ` WHERE leader = ? ORDER BY id`
	// The posts of one message, each with its newest content.
	sqlPostsOf = sqlPost + ` WHERE message_id = ? AND edit_of = '' ORDER BY id`
	sqlNewest  = `SELECT payload FROM outbox WHERE (edit_of = ? OR post = ?) AND state NOT IN ('dropped', 'dead')
		ORDER BY CASE WHEN edit_of = '' THEN 0 ELSE id END DESC LIMIT 1`

	sqlFindByMessage = sqlPost + ` WHERE message_id = ? AND edit_of = '' ORDER BY id LIMIT 1`
	// Of an open incident the posts stay, each with its newest content.
	sqlButOpen = ` AND (post NOT LIKE ? OR edit_of <> '' AND NOT ` + newest + `)`

	sqlPruneOutbox = `DELETE FROM outbox WHERE state IN ('sent', 'dropped', 'dead') AND at < ? AND done_at < ?
		AND NOT EXISTS (SELECT 1 FROM outbox e WHERE e.edit_of = outbox.post AND e.edit_of <> '' AND e.state IN ('due', 'sending'))`
)
