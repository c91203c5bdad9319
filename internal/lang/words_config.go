package lang

import "mokabot/moka"

// ConfigWords phrase what can be wrong with a configuration, each with its cure. What
// was written comes in quotes; meant is the known word that was probably meant, or "".
type ConfigWords struct {
	CannotRead                                       func(why string) string
	NoSuchFile, NoRight, TooLarge, Directory, Device string                               // why
	File                                             func(doing, path, why string) string // the same of a file with a credential
	FileEmpty                                        string
	Nothing                                          string // neither a file nor a credential in the environment

	Empty, NotYAML, SecondDocument, Tabs, BareVariable string // of the whole file
	Syntax                                             func(parser string) string

	Mapping, List, Single                         string // kinds of places
	MustBeMapping, MustBeList, MustBeSingle       func(kind string) string
	KeyNotText, KeyTwice, NoSpace, Alias, Tag     string
	UnknownKey                                    func(meant string) string
	ItemEmpty, Missing                            string
	VariableName, VariableUnsafe                  string
	VariableUnset                                 func(name string) string
	NotOneOf                                      func(value string, known []string, meant string) string
	NotWhole                                      func(value string, lowest, highest int) string
	NotName, Twice                                func(value string) string
	NameTwice                                     func(thing, name string, line int) string
	Things                                        map[string]string // that have names
	NotID                                         string
	NoUnit                                        func(value, number string) string
	NotDuration, Negative, TooShort, KeptTooShort func(value string) string
	AtLeastSecond                                 string
	NotMoney                                      func(value string, negative bool) string
	TooMuchMoney, NotPercent, NoPercentSign       func(value string) string
	NotFactor                                     func(value string, highest int) string

	NoAccount, UserIDMissing, UserIDAlone, NoCredential, NotUserID string
	NoSuchAccount                                                  func(value, meant string) string
	NoAccounts                                                     func(purpose string) string
	CountAll, ReportAll                                            string // what leaving accounts out is for
	AddressFault                                                   map[moka.AddressFault]string
	NotPage, PageUser, PageTooLong                                 string
	NotProxy, ProxyScheme, ProxyEnd                                string
	NotListen                                                      func(value string) string
	CannotCombine                                                  func(other string) string
	BadSecret                                                      string

	AmountMissing, AmountZero, NotKeyName string
	KeysUnknown                           func(accounts string) string
	NotThreshold, ThresholdOrder          func(value string) string

	NotCron                                     func(value string) string
	BadCron                                     func(value, why string) string
	CronZone, NeverRuns, NotEvery               string // why
	BadEvery, EveryTooShort                     string
	NotDescriptor                               string
	CronFieldCount                              func(found int) string
	CronField                                   func(field int, value string) string // 0: the minute, 4: the weekday
	CronMissing, ReportChannel                  string
	LevelLimit                                  string
	LevelNeeds                                  func(level string) string
	NotBelow, NotShorter                        func(value, last, level string) string
	QuietFrom, QuietTo, QuietSame               string
	NoSuchLevel                                 func(value, meant string) string
	NotClock                                    func(value string) string
	NotZone                                     func(value, hint string) string
	ZoneName, ZoneMeant                         func(zone string) string // hints
	ZoneSuch                                    string
	TokenEmpty                                  string
	TokenTooShort                               func(letters int) string
	NotHost                                     string
	PathEmpty, InMemory, URLAndPath             string
	NotPostgres, NotDatabase, NeitherURLNorPath string
	BotToken, NoChannel                         string
}
