package app

import (
	"context"
	"errors"
	"io/fs"
	"time"

	"mokabot/internal/config"
	"mokabot/internal/lang"
	"mokabot/internal/store"
)

// databaseText is what is wrong with the database, in words; empty for a failure without
// words.
func databaseText(w *lang.Words, err error) string {
	d := w.Database
	for _, known := range []struct {
		kind error
		text string
	}{
		{store.ErrInUse, d.InUse}, {store.ErrCorrupt, d.Corrupt}, {store.ErrNewer, d.Newer}, {store.ErrOlder, d.Older}, {store.ErrFull, d.Full},
		{store.ErrReadOnly, d.ReadOnly}, {store.ErrPlace, d.Place}, {store.ErrMoved, d.Moved}, {store.ErrAddress, d.Address}, {store.ErrUnreachable, d.Unreachable}, {store.ErrTLS, d.TLS}, {store.ErrCut, d.Cut},
		{store.ErrUnknown, d.Unknown}, {store.ErrLogin, d.Login}, {store.ErrNoDatabase, d.NoDatabase}, {store.ErrRights, d.Rights},
		{store.ErrStandby, d.Standby}, {store.ErrServer, d.TooOld}, {store.ErrEncoding, d.Encoding}, {store.ErrForeign, d.Foreign}, {store.ErrBusy, d.Busy},
		{store.ErrRunning, d.Running}, {store.ErrNotEmpty, d.NotEmpty}, {store.ErrUnfinished, d.Unfinished}, {store.ErrDiffers, d.Differs}, {store.ErrSame, d.Same},
	} {
		if errors.Is(err, known.kind) {
			return known.text
		}
	}
	return ""
}

// DatabaseError puts a failure of the database into words, and returns other errors
// unchanged.
func DatabaseError(w *lang.Words, err error) error {
	failed, known := errors.AsType[*store.Error](err)
	if !known || databaseText(w, failed) == "" {
		return err
	}
	return errors.New(failed.Path + w.Colon + withCause(w, failed))
}

// withCause is what is wrong with the database and the cause below, in words.
func withCause(w *lang.Words, failed *store.Error) string {
	text := databaseText(w, failed)
	if failed.Err != nil {
		text += " (" + failed.Err.Error() + ")"
	}
	return text
}

// probeTime is the longest that a check waits for the database.
const probeTime = 20 * time.Second

// databaseFindings tries the database: a PostgreSQL server with everything that the bot
// needs, a file by reading it. A file that does not exist is created at the first start.
func databaseFindings(ctx context.Context, w *lang.Words, c *config.Config) []Finding {
	ctx, cancel := context.WithTimeout(ctx, probeTime)
	defer cancel()
	probe, err := store.Try(ctx, c.Storage.Address())
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		text, level := err.Error(), LevelError
		if failed, known := errors.AsType[*store.Error](err); known && databaseText(w, failed) != "" {
			text = withCause(w, failed)
		}
		if errors.Is(err, store.ErrPlace) {
			level = LevelWarning // the bot may run as another user
		}
		return []Finding{newFinding(level, "storage", topicDatabase, text)}
	}
	text := w.Database.Ready(probe.Where, probe.Version)
	if probe.Version == 0 {
		text = w.Database.Empty(probe.Where)
	}
	found := []Finding{newFinding(LevelOK, "storage", topicDatabase, text)}
	if probe.Plain {
		found = append(found, newFinding(LevelWarning, "storage", topicDatabase, w.Database.Plain(probe.Where)))
	}
	return found
}

// withRememberedLevels is the configuration with the levels that were set from Discord.
// Offline, a server's database is not read.
func withRememberedLevels(ctx context.Context, c *config.Config, offline bool) *config.Config {
	if offline && !c.Storage.URL.Empty() {
		return c
	}
	db, err := store.OpenReadOnly(c.Storage.Address())
	if err != nil {
		return c
	}
	defer db.Close()
	return RememberedLevels(ctx, db, c)
}
