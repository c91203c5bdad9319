package app

import (
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"mokabot/internal/config"
	"mokabot/internal/lang"
	"mokabot/internal/proof"
	"mokabot/internal/store"
	"mokabot/internal/store/pgtest"
)

func TestEveryFailureOfTheDatabaseHasWords(t *testing.T) {
	for _, kind := range store.Kinds() {
		if text := databaseText(lang.English(), kind); text != kind.Error() {
			t.Errorf("English says %q\nof %q", text, kind)
		}
		if text := databaseText(lang.For("zh-CN"), kind); text == "" || text == kind.Error() {
			t.Errorf("Chinese says %q of %q", text, kind)
		}
	}
}

func TestACheckTriesTheDatabase(t *testing.T) {
	proof.NotShort(t)
	server := pgtest.Start(t)
	good := server.Database(t)
	for _, statement := range []string{
		`CREATE ROLE guest LOGIN PASSWORD 'of-a-guest'`, `CREATE DATABASE foreigner OWNER mokabot`,
		`CREATE DATABASE latin ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0`,
	} {
		server.Exec(t, "postgres", statement)
	}
	server.Exec(t, "foreigner", `CREATE TABLE events (id INTEGER)`)
	as := func(user string) string {
		return strings.Replace(good, pgtest.User+":"+pgtest.Password, user, 1)
	}
	empty := server.Database(t)
	full := server.Database(t)
	db, err := store.Open(full)
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	w := lang.English()
	for name, c := range map[string]struct {
		address string
		want    string
		level   Level
	}{
		"empty":        {empty, "is empty; the first start makes the tables", LevelOK},
		"in use":       {full, "schema", LevelOK},
		"password":     {as(pgtest.User + ":wrong-pa55word"), w.Database.Login, LevelError},
		"no database":  {good + "_not", w.Database.Address, LevelError}, // in the query
		"another name": {server.URL("nowhere"), w.Database.NoDatabase, LevelError},
		"rights":       {as("guest:of-a-guest"), w.Database.Rights, LevelError},
		"nobody there": {"postgres://mokabot:s3cr3t-pass@127.0.0.1:1/mokabot", w.Database.Unreachable, LevelError},
		"unknown host": {"postgres://mokabot:s3cr3t-pass@db.invalid/mokabot", w.Database.Unreachable, LevelError},
		"encoding":     {server.URL("latin"), w.Database.Encoding, LevelError},
		"foreign":      {server.URL("foreigner"), w.Database.Foreign, LevelError},
	} {
		found := databaseFindings(t.Context(), w, &config.Config{Storage: config.Storage{URL: config.NewSecret(c.address)}})
		if len(found) != 1 || found[0].Level != c.level || !strings.Contains(found[0].Text, c.want) {
			t.Errorf("%s: %+v", name, found)
		}
		for _, secret := range []string{pgtest.Password, "wrong-pa55word", "of-a-guest", "s3cr3t-pass"} {
			for _, f := range found {
				if strings.Contains(f.Text, secret) {
					t.Errorf("%s: a password is shown: %s", name, f.Text)
				}
			}
		}
	}
	server.Exec(t, "postgres", "ALTER ROLE "+pgtest.User+" SET default_transaction_read_only = on")
	if found := databaseFindings(t.Context(), w, &config.Config{Storage: config.Storage{URL: config.NewSecret(good)}}); len(found) != 1 || !strings.Contains(found[0].Text, w.Database.Standby) {
		t.Errorf("read-only: %+v", found)
	}
	none := config.Storage{Path: filepath.Join(t.TempDir(), "none.db")}
	if found := databaseFindings(t.Context(), w, &config.Config{Storage: none}); len(found) != 0 {
		t.Errorf("no file yet: %+v", found)
	}
}

func TestAFailureOfTheDatabaseIsToldInTheLanguageOfTheConfiguration(t *testing.T) {
	path := filepath.Join(t.TempDir(), "test.db")
	if err := os.WriteFile(path, []byte(strings.Repeat("no database", 100)), 0o600); err != nil {
		t.Fatal(err)
	}
	c := loaded(t, "language: zh-CN\ndiscord: {token: x}\n"+accountLine+"storage: {path: "+path+"}\n")
	err := Serve(t.Context(), c, Environment{}, slog.New(slog.DiscardHandler))
	if want := lang.For("zh-CN").Database.Corrupt; err == nil || !strings.Contains(err.Error(), path+"："+want) {
		t.Errorf("%v, want %s", err, want)
	}
	other := errors.New("not of the database")
	if err := DatabaseError(lang.English(), other); err != other {
		t.Errorf("became %v", err)
	}
	if err := DatabaseError(lang.English(), nil); err != nil {
		t.Errorf("nothing became %v", err)
	}
}
