package store

import (
	"context"
	"database/sql"
	"errors"
)

// Probe is what a database is like.
type Probe struct {
	Where   string // without a password
	Version int    // of its schema; 0: it is empty
	Plain   bool   // the connection goes over a network and is not encrypted
}

// Try looks whether the bot could work on a database, and changes nothing. Where
// there is no file yet, the error is an [os.ErrNotExist], or [ErrPlace] if none could be
// made.
func Try(ctx context.Context, address string) (Probe, error) {
	if IsURL(address) {
		return tryServer(ctx, address)
	}
	db, err := openFileReadOnly(address)
	if _, known := errors.AsType[*Error](err); err != nil && !known {
		if place := makeable(address); place != nil {
			return Probe{}, place
		}
	}
	if err != nil && !errors.Is(err, ErrOlder) {
		return Probe{}, err
	}
	if err == nil {
		defer db.Close()
		version, err := sqlite.schema(ctx, db.read)
		return Probe{Where: address, Version: version}, classified(address, err)
	}
	return Probe{Where: address}, nil
}

func tryServer(ctx context.Context, address string) (p Probe, err error) {
	config, err := serverConfig(address)
	if err != nil {
		return p, err
	}
	p.Where = placeOf(config)
	db := pool(config, 1)
	defer db.Close()
	if err := suitable(ctx, db); err != nil {
		return p, classified(p.Where, err)
	}
	if p.Version, err = postgres.schema(ctx, db); err != nil {
		return p, classified(p.Where, err)
	}
	if err := permitted(ctx, db, p.Version); err != nil {
		return p, classified(p.Where, err)
	}
	p.Plain, err = isPlain(ctx, db)
	return p, classified(p.Where, err)
}

// permitted refuses a user without the rights that the bot needs.
func permitted(ctx context.Context, db *sql.DB, version int) error {
	var creates, writes bool
	if err := db.QueryRowContext(ctx, `SELECT COALESCE(has_schema_privilege(current_schema(), 'CREATE'), FALSE)`).Scan(&creates); err != nil {
		return err
	}
	writes = true
	if version > 0 {
		if err := db.QueryRowContext(ctx, `SELECT COALESCE(bool_and(has_table_privilege(c.oid, 'SELECT') AND has_table_privilege(c.oid, 'INSERT')
			AND has_table_privilege(c.oid, 'UPDATE') AND has_table_privilege(c.oid, 'DELETE')), FALSE)
			FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
			WHERE n.nspname = current_schema() AND c.relname IN ('readings', 'states', 'outbox', 'marks', 'events')`).Scan(&writes); err != nil {
			return err
		}
	}
	if !writes || version < len(postgres.migrations) && !creates {
		return ErrRights
	}
	return nil
}

func isPlain(ctx context.Context, db *sql.DB) (bool, error) {
	var encrypted, remote bool
	err := db.QueryRowContext(ctx, `SELECT COALESCE(bool_or(s.ssl), FALSE), COALESCE(NOT inet_server_addr() <<= '127.0.0.0/8' AND inet_server_addr() <> '::1', FALSE)
		FROM pg_stat_ssl s WHERE s.pid = pg_backend_pid()`).Scan(&encrypted, &remote)
	return remote && !encrypted, err
}
