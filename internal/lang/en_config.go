package lang

import (
	"fmt"
	"strconv"
	"strings"

	"mokabot/moka"
)

func enConfig() ConfigWords {
	w := ConfigWords{
		CannotRead: func(why string) string { return "cannot be read: " + why },
		NoSuchFile: "no such file or directory", NoRight: "permission denied", TooLarge: "the file is too large",
		Directory: "this is a directory; name a file in it", Device: "this is a pipe or a device; name a regular file",
		File:      func(doing, path, why string) string { return doing + " " + path + ": " + why },
		FileEmpty: "the file is empty",
		Nothing: `there is no config.yaml here, and no credential in the environment. Choose one of these:
  mokabot demo                               to look around; needs no account
  export MOKA_API_KEY=sk-…                   your key (the gateway's console → 令牌 Tokens); then: mokabot balance
  export MOKA_ACCESS_TOKEN=… MOKA_USER_ID=…  your account (console → 个人设置 personal settings); then: mokabot balance
  mokabot init                               the whole bot: asks for what it needs and writes config.yaml`,

		Empty:          "the file is empty; start from config.yaml.example",
		NotYAML:        "is not YAML",
		SecondDocument: "a second document begins here; a file holds one, remove the ---",
		Tabs:           " (indent with spaces, not tabs; quote a text that begins with @, % or `)",
		BareVariable:   "; between braces or brackets, put the variable in quotes: \"${NAME}\"",
		Syntax:         func(parser string) string { return "is not YAML: " + parser },

		Mapping: "keys", List: "a list", Single: "a single value",
		MustBeMapping:  func(kind string) string { return "must hold keys, not " + kind },
		MustBeList:     func(kind string) string { return "must be a list, not " + kind },
		MustBeSingle:   func(kind string) string { return "must be a single value, not " + kind },
		KeyNotText:     "a key must be plain text",
		KeyTwice:       "is there twice; remove one",
		NoSpace:        "needs a space after the colon",
		Alias:          "aliases (*name) are not supported; write the value out",
		Tag:            "a tag (!name) is not supported; quote a text that begins with !",
		UnknownKey:     func(meant string) string { return "unknown key" + enMeant(meant) },
		ItemEmpty:      "is empty",
		Missing:        "is missing",
		VariableName:   "${…} must hold the name of an environment variable: letters, digits and _, nothing else",
		VariableUnsafe: "the environment variable between the braces is not set; write its name there, such as ${MOKA_API_KEY}, not its value",
		VariableUnset:  func(name string) string { return "the environment variable " + name + " is not set" },
		NotOneOf: func(value string, known []string, meant string) string {
			return value + " is not one of " + strings.Join(known, ", ") + enMeant(meant)
		},
		NotWhole: func(value string, lowest, highest int) string {
			return fmt.Sprintf("%s is not a whole number from %d to %d", value, lowest, highest)
		},
		NotName: func(value string) string {
			return value + " is not a name: use 1 to 32 letters, digits, - _ or ., and no - in front"
		},
		Twice: func(value string) string { return value + " is there twice; remove one" },
		NameTwice: func(thing, name string, line int) string {
			return fmt.Sprintf("there is another %s called %s, on line %d", thing, name, line)
		},
		Things: map[string]string{"account": "account", "budget": "budget", "report": "report", "level": "level"},
		NotID:  "is not a Discord id, which is a number such as 1098765432109876543 (Developer Mode, right click, Copy ID)",
		NoUnit: func(value, number string) string {
			return fmt.Sprintf("%s has no unit; write %ss, %sm, %sh or %sd", value, number, number, number, number)
		},
		NotDuration:   func(value string) string { return value + " is not a duration; write, for example, 30s, 5m, 72h or 7d" },
		Negative:      func(value string) string { return value + " is negative" },
		TooShort:      func(value string) string { return value + " is shorter than one second" },
		KeptTooShort:  func(value string) string { return value + " is too short; keep at least 2d" },
		AtLeastSecond: "must be at least 1s",
		NotMoney: func(value string, negative bool) string {
			text := value + " is not an amount in US dollars; write, for example, 20.00, with at most six decimals"
			if negative {
				text += "; it cannot be negative"
			}
			return text
		},
		TooMuchMoney:  func(value string) string { return value + " is more money than can be counted" },
		NotPercent:    func(value string) string { return value + " is not a percentage from 0% to 100%" },
		NoPercentSign: func(value string) string { return value + " has no %; write, for example, 5%" },
		NotFactor: func(value string, highest int) string {
			return fmt.Sprintf("%s is neither 0 (off) nor a number above 1 and up to %d", value, highest)
		},
	}
	enConfigSections(&w)
	return w
}

// enConfigSections phrases what belongs to one section of the file.
func enConfigSections(w *ConfigWords) {
	w.NoAccount = "there is no account; add one with a name and an api_key"
	w.UserIDMissing = "is missing; the access_token needs the user id shown at the top right of the gateway's console"
	w.UserIDAlone = "stands without the access_token; add it, or remove user_id"
	w.NoCredential = "has no credential; add api_key, or access_token and user_id"
	w.NotUserID = "is not a user id, which is a number such as 123"
	w.NoSuchAccount = func(value, meant string) string { return "there is no account " + value + enMeant(meant) }
	w.NoAccounts = func(purpose string) string {
		return "is empty; name accounts, or remove the key to " + purpose
	}
	w.CountAll, w.ReportAll = "count the spending of all", "report on all"
	w.AddressFault = map[moka.AddressFault]string{}
	for _, fault := range moka.AddressFaults() {
		w.AddressFault[fault] = fault.Error()
	}
	w.NotPage = "is not a page; write, for example, https://console.example.com/topup"
	w.PageUser = "has a user name or password in it; remove it"
	w.PageTooLong = "is longer than the 512 characters that Discord allows"
	w.NotProxy = "is not a proxy's address; write, for example, http://127.0.0.1:7890 or socks5://127.0.0.1:1080"
	w.ProxyScheme = "must begin with http://, https:// or socks5://"
	w.ProxyEnd = "must end after the port"
	w.NotListen = func(value string) string { return value + " is not host:port; write, for example, 127.0.0.1:9464" }
	w.CannotCombine = func(other string) string { return "cannot be combined with " + other + "; keep one of them" }
	w.BadSecret = "has a space, a line break or a foreign letter in it; copy it again, without \"Bearer\""

	w.AmountMissing = "is missing; write the dollars that a period may cost, such as 500.00"
	w.AmountZero = "is 0; write the dollars that a period may cost, such as 500.00"
	w.NotKeyName = "is not the name of an API key"
	w.KeysUnknown = func(accounts string) string {
		return "spending by key is only known with an access_token, which is missing for " + accounts + "; add it, or remove keys"
	}
	w.NotThreshold = func(value string) string {
		return value + " is not a percentage from 1% to 1000%; write, for example, 80%"
	}
	w.ThresholdOrder = func(value string) string {
		return value + " is not above the one before; put them in ascending order"
	}

	w.NotCron = func(value string) string { return value + " is not a cron line; write, for example, 0 9 * * *" }
	w.BadCron = func(value, why string) string { return value + ": " + why }
	w.CronZone = "no time zone here; use the key timezone"
	w.NeverRuns = "there is no such day, so it would never happen"
	w.NotEvery = "@every does not go by the calendar; write a cron line such as 0 9 * * *"
	w.BadEvery = "not a duration after @every; write, for example, @every 1h30m"
	w.EveryTooShort = "@every needs at least 1s"
	w.NotDescriptor = "not a known name; use @hourly, @daily, @weekly, @monthly, @yearly or a line of five fields"
	w.CronFieldCount = func(found int) string {
		return fmt.Sprintf("a cron line has five fields (minute hour day month weekday), not %d", found)
	}
	w.CronField = func(field int, value string) string {
		name := []string{"minute", "hour", "day", "month", "weekday"}[field]
		values := []string{"0–59", "0–23", "1–31 or L (the last)", "1–12 or JAN–DEC", "0–7 or SUN–SAT"}[field]
		return fmt.Sprintf("the %s %q is not valid; use %s, a list (1,3), a range (1-3), a step (*/2) or *", name, value, values)
	}
	w.CronMissing = "is missing; write, for example, \"0 9 * * *\" for every day at nine"
	w.ReportChannel = "is missing, and alerts.channel_id too; set one of them"
	w.LevelLimit = "needs below or runway"
	w.LevelNeeds = func(level string) string { return "level " + level + " needs below or runway" }
	w.NotBelow = func(value, last, level string) string {
		return fmt.Sprintf("%s is not below %s of level %s; put the milder level first", value, last, level)
	}
	w.NotShorter = func(value, last, level string) string {
		return fmt.Sprintf("%s is not shorter than %s of level %s; put the milder level first", value, last, level)
	}
	w.QuietFrom = "is missing; write, for example, \"23:00\""
	w.QuietTo = "is missing; write, for example, \"07:30\""
	w.QuietSame = "is the same as from; remove quiet_hours, or write when they end"
	w.NoSuchLevel = func(value, meant string) string { return "there is no level " + value + enMeant(meant) }
	w.NotClock = func(value string) string { return value + " is not a time of day; write, for example, \"23:00\"" }
	w.NotZone = func(value, hint string) string { return value + " is not a time zone" + hint }
	w.ZoneName = func(zone string) string { return "; write its IANA name such as " + zone }
	w.ZoneMeant = enMeant
	w.ZoneSuch = "; write an IANA name such as Asia/Shanghai or Europe/Berlin"
	w.TokenEmpty = "is empty, so nobody would be asked for it; write one, or remove the key"
	w.TokenTooShort = func(letters int) string {
		return "is too short: it could be guessed; use at least " + strconv.Itoa(letters) + " letters, such as what `openssl rand -hex 16` prints"
	}
	w.NotHost = "is not a host's name; write, for example, metrics.example, without a port"
	w.PathEmpty = "is empty; write, for example, mokabot.db"
	w.InMemory = "is forgotten at the end of the program; name a file, such as mokabot.db"
	w.URLAndPath = "cannot be combined with path; keep one of them"
	w.NotPostgres = "must begin with postgres://; write postgres://USER:PASSWORD@HOST:5432/DATABASE"
	w.NotDatabase = "is not the address of a database; write postgres://USER:PASSWORD@HOST:5432/DATABASE, with / ? # @ and % in the password written as %2F %3F %23 %40 and %25"
	w.NeitherURLNorPath = "is neither a postgres:// URL nor the path of a file"
	w.BotToken = "is missing; create a bot at https://discord.com/developers/applications and put its token here, or its file in token_file"
	w.NoChannel = "there is no channel to warn in; set alerts.channel_id"
}

// enMeant suggests a word, if there is one.
func enMeant(word string) string {
	if word == "" {
		return ""
	}
	return "; did you mean " + word + "?"
}
