package main

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"mokabot/internal/app"
	"mokabot/internal/config"
	"mokabot/internal/lang"
)

// maxTries is how many wrong answers to a question end init.
const maxTries = 3

func runInit(ctx context.Context, t terminal, args []string) error {
	flags := newArguments("init")
	file := flags.String("config", defaultConfig, "write this `FILE`")
	yes := flags.Bool("yes", false, "ask nothing; take everything from the environment")
	force := flags.Bool("force", false, "replace the file if there is one")
	language := flags.withLanguage("language of the questions and of the bot's posts", t.lookup)
	if _, err := flags.parse(args, 0); err != nil {
		return err
	}
	s := &setup{t: t, w: lang.For(*language), values: map[string]string{}, shown: map[string]bool{}}
	if !*yes && t.in != nil {
		s.in = bufio.NewReader(t.in)
	}
	if err := s.mayWrite(*file, *force); err != nil {
		return err
	}
	if s.in != nil {
		fmt.Fprintln(t.out, s.w.Init.Intro)
	}
	for _, part := range []func(context.Context) error{s.account, s.discord} {
		if err := part(ctx); err != nil {
			return err
		}
	}
	return s.write(*file)
}

// setup is one conversation of init.
type setup struct {
	t      terminal
	w      *lang.Words
	in     *bufio.Reader     // nil: there are no questions
	values map[string]string // typed answers, by the name of their variable
	shown  map[string]bool   // findings that were printed
	stage  stage
}

// stage is how far the conversation has come. Later answers are not tried yet.
type stage int

const (
	atAccount stage = iota
	atToken
	atChannel
)

// lookup is the environment, with the answers in front of it.
func (s *setup) lookup(name string) (string, bool) {
	if s.stage == atAccount && strings.HasPrefix(name, "DISCORD_") || s.stage == atToken && name == "DISCORD_CHANNEL_ID" {
		return "", false
	}
	if v, ok := s.values[name]; ok {
		return v, v != ""
	}
	v, ok := s.t.lookup(name)
	return v, ok && v != ""
}

func (s *setup) mayWrite(file string, force bool) error {
	if _, err := os.Lstat(file); errors.Is(err, os.ErrNotExist) || force {
		return nil
	}
	if s.in == nil {
		return errors.New(s.w.Init.Exists(file))
	}
	answer, err := s.read(s.w.Init.Replace(file))
	if err != nil {
		return err
	}
	if a := strings.ToLower(answer); a != "y" && a != "yes" {
		return errors.New(s.w.Init.NothingWritten)
	}
	return nil
}

// read asks one question and returns the trimmed answer.
func (s *setup) read(question string) (string, error) {
	fmt.Fprintf(s.t.out, "%s%s", question, s.w.Colon)
	line, err := s.in.ReadString('\n')
	if err != nil && line == "" {
		fmt.Fprintln(s.t.out)
		return "", usageError{func(*lang.Words) string { return s.w.Init.Nobody }}
	}
	return strings.TrimSpace(line), nil
}

// answer returns the value of a variable: from the environment, or typed. With again
// it asks although the environment has a value, which was wrong.
func (s *setup) answer(name, question, byDefault string, again bool) (string, error) {
	if v, ok := s.lookup(name); ok && !again {
		if _, typed := s.values[name]; !typed && s.in != nil {
			fmt.Fprintf(s.t.out, "%s%s%s\n", question, s.w.Colon, s.w.Init.FromEnvironment(name))
		}
		return v, nil
	}
	if s.in == nil {
		return byDefault, nil
	}
	typed, err := s.read(fmt.Sprintf("%s [%s]", question, cmp.Or(byDefault, s.w.Init.Optional)))
	if err != nil {
		return "", err
	}
	s.values[name] = cmp.Or(typed, byDefault)
	return s.values[name], nil
}

// tries repeats a part of the conversation until its answers work.
func (s *setup) tries(ctx context.Context, ask func(again bool) error) error {
	for try := range maxTries {
		err := ask(try > 0)
		if err != nil {
			return err
		}
		fmt.Fprintln(s.t.out, s.w.Init.Trying)
		if s.works(ctx) {
			return nil
		}
		if s.in == nil {
			break
		}
		if try < maxTries-1 {
			fmt.Fprintln(s.t.out, s.w.Init.Again)
		}
	}
	fmt.Fprintln(s.t.err, "mokabot init: "+s.w.Init.NothingWritten)
	return silentError{}
}

// works tries everything that is known so far, and prints each finding once.
func (s *setup) works(ctx context.Context) bool {
	c, err := config.FromEnvironment(s.lookup)
	if problems, ok := errors.AsType[*config.Problems](err); ok {
		fmt.Fprintln(s.t.out, problems.In(s.w))
		return false
	}
	c.Language = s.w.Tag
	found, err := app.Check(ctx, c, app.CheckOptions{})
	if err != nil {
		fmt.Fprintln(s.t.out, err)
		return false
	}
	var fresh []app.Finding
	for _, f := range found {
		failed := f.Level == app.LevelError
		premature := f.Level == app.LevelWarning && s.stage != atChannel // what is missing is about to be asked for
		premature = premature || f.Subject == s.w.CLI.Discord && s.stage == atAccount
		if key := f.Subject + f.Text; f.Credential() && !premature && (!s.shown[key] || failed) {
			s.shown[key] = true
			fresh = append(fresh, f)
		}
	}
	return app.WriteFindings(s.t.out, s.w, fresh, colored(s.t.out, s.lookup)) == nil && app.AllOK(fresh)
}

// account asks for the gateway and its credentials.
func (s *setup) account(ctx context.Context) error {
	return s.tries(ctx, func(again bool) error {
		if _, err := s.answer("MOKA_BASE_URL", s.w.Init.Address, config.DefaultBaseURL, again); err != nil {
			return err
		}
		key, err := s.answer("MOKA_API_KEY", s.w.Init.APIKey, "", again)
		if err != nil {
			return err
		}
		token, err := s.answer("MOKA_ACCESS_TOKEN", s.w.Init.AccessToken, "", again)
		if err != nil {
			return err
		}
		if key == "" && token == "" && s.in == nil {
			return usageError{func(*lang.Words) string { return s.w.Init.NoCredential }}
		}
		if token == "" {
			s.values["MOKA_USER_ID"] = ""
			return nil
		}
		_, err = s.answer("MOKA_USER_ID", s.w.Init.UserID, "", again)
		return err
	})
}

// discord asks for the bot and its channel. Without a bot there is no channel.
func (s *setup) discord(ctx context.Context) error {
	s.stage = atToken
	token := ""
	err := s.tries(ctx, func(again bool) (err error) {
		token, err = s.answer("DISCORD_TOKEN", s.w.Init.BotToken, "", again)
		return err
	})
	if err != nil || token == "" {
		return err
	}
	s.stage = atChannel
	if s.in != nil {
		fmt.Fprintln(s.t.out, s.w.Init.InviteFirst)
	}
	return s.tries(ctx, func(again bool) error {
		_, err := s.answer("DISCORD_CHANNEL_ID", s.w.Init.Channel, "", again)
		return err
	})
}

// write writes the configuration and the secrets that were typed.
func (s *setup) write(file string) error {
	text, err := s.text(file)
	if err != nil {
		return err
	}
	if err := app.WritePrivate(file, []byte(text)); err != nil {
		return err
	}
	fmt.Fprintln(s.t.out, s.w.Init.Written(file))
	command := "mokabot balance"
	if _, ok := s.lookup("DISCORD_TOKEN"); ok {
		command = "mokabot run"
	}
	if file != defaultConfig {
		command += " --config " + file
	}
	fmt.Fprintln(s.t.out, s.w.Init.Next(command))
	return nil
}

// text is the configuration: small, with every secret elsewhere.
func (s *setup) text(file string) (string, error) {
	value := func(name string) string { v, _ := s.lookup(name); return v }
	var b strings.Builder
	fmt.Fprintf(&b, "# Every key, with its default: config.yaml.example. After a change: mokabot check\nlanguage: %s\ntimezone: %s\n", s.w.Tag, localZone(s.t.lookup))
	if value("DISCORD_TOKEN") != "" {
		line, err := s.secret(file, "token", "DISCORD_TOKEN")
		if err != nil {
			return "", err
		}
		fmt.Fprintf(&b, "discord:\n  %s\n", line)
		if guild := value("DISCORD_GUILD_ID"); guild != "" {
			fmt.Fprintf(&b, "  guild_ids: [%q]\n", guild)
		}
	}
	fmt.Fprintf(&b, "accounts:\n  - name: default\n    base_url: %s\n", cmp.Or(value("MOKA_BASE_URL"), config.DefaultBaseURL))
	for _, c := range []struct{ key, variable string }{{"api_key", "MOKA_API_KEY"}, {"access_token", "MOKA_ACCESS_TOKEN"}} {
		if value(c.variable) == "" {
			continue
		}
		line, err := s.secret(file, c.key, c.variable)
		if err != nil {
			return "", err
		}
		fmt.Fprintf(&b, "    %s\n", line)
	}
	if id := value("MOKA_USER_ID"); id != "" {
		fmt.Fprintf(&b, "    user_id: %s\n", id)
	}
	if channel := value("DISCORD_CHANNEL_ID"); channel != "" {
		fmt.Fprintf(&b, "alerts:\n  channel_id: %q\nreports:\n  - {name: daily, cron: \"0 9 * * *\", period: day, channel_id: %q}\n", channel, channel)
	}
	return b.String(), nil
}

// secret returns the line of the configuration that names a secret's variable, or the
// file that a typed secret is written to.
func (s *setup) secret(file, key, variable string) (string, error) {
	typed := s.values[variable]
	if typed == "" {
		return key + ": ${" + variable + "}", nil
	}
	dir, err := filepath.Abs(filepath.Join(filepath.Dir(file), "secrets"))
	if err != nil {
		return "", err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", err
	}
	path := filepath.Join(dir, strings.ToLower(variable))
	if err := app.WritePrivate(path, []byte(typed+"\n")); err != nil {
		return "", err
	}
	fmt.Fprintln(s.t.out, s.w.Init.SecretWritten(path))
	return fmt.Sprintf("%s_file: %q", key, path), nil
}

// localZone is the name of this machine's time zone, UTC when it has none.
func localZone(lookup config.Lookup) string {
	name, _ := lookup("TZ")
	if target, err := os.Readlink("/etc/localtime"); err == nil && name == "" {
		_, name, _ = strings.Cut(target, "/zoneinfo/")
	}
	if _, err := time.LoadLocation(name); err != nil || name == "" || name == "Local" {
		return "UTC"
	}
	return name
}
