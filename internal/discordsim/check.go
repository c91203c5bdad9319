package discordsim

import (
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"
)

// Limits of a message.
const (
	maxContent     = 2000
	maxEmbeds      = 10
	maxEmbedTotal  = 6000
	maxTitle       = 256
	maxDescription = 4096
	maxFields      = 25
	maxFieldName   = 256
	maxFieldValue  = 1024
	maxFooter      = 2048
	maxAuthor      = 256
	maxColor       = 0xffffff
	maxNonce       = 25
	maxMentions    = 100
)

// check finds what Discord would refuse in the message.
func (d *draft) check() *problem {
	var f form
	d.trim()
	f.length("content", d.Content.v, 0, maxContent)
	d.checkNonce(&f)
	f.count("embeds", len(d.Embeds.v), 0, maxEmbeds)
	total := 0
	for i := range d.Embeds.v {
		e := &d.Embeds.v[i]
		e.check(&f, fmt.Sprintf("embeds.%d", i))
		total += e.size()
	}
	if total > maxEmbedTotal {
		f.add("embeds", "MAX_EMBED_SIZE_EXCEEDED", "Embed size exceeds maximum size of %d", maxEmbedTotal)
	}
	checkComponents(&f, d.Components.v)
	d.checkMentions(&f)
	d.checkAttachments(&f)
	if d.Flags.v&FlagComponentsV2 != 0 {
		f.add("flags", "NOT_SIMULATED", "discordsim does not know components of the second kind")
	}
	return f.problem()
}

// trim takes off the white space that Discord takes off.
func (d *draft) trim() {
	clean := func(texts ...*string) {
		for _, t := range texts {
			*t = strings.TrimSpace(*t)
		}
	}
	clean(&d.Content.v)
	for i := range d.Embeds.v {
		e := &d.Embeds.v[i]
		clean(&e.Title, &e.Description)
		for j := range e.Fields {
			clean(&e.Fields[j].Name, &e.Fields[j].Value)
		}
		if e.Footer != nil {
			clean(&e.Footer.Text)
		}
		if e.Author != nil {
			clean(&e.Author.Name)
		}
	}
}

func (d *draft) nonce() string {
	var text string
	if json.Unmarshal(d.Nonce, &text) == nil {
		return text
	}
	var number json.Number
	if json.Unmarshal(d.Nonce, &number) == nil {
		return number.String()
	}
	return ""
}

func (d *draft) checkNonce(f *form) {
	f.length("nonce", d.nonce(), 0, maxNonce)
	if d.EnforceNonce && d.nonce() == "" {
		f.add("nonce", "BASE_TYPE_REQUIRED", "This field is required")
	}
}

func (e *Embed) empty() bool {
	return e.Title == "" && e.Description == "" && len(e.Fields) == 0 && e.Image == nil && e.Thumbnail == nil &&
		(e.Footer == nil || e.Footer.Text == "") && (e.Author == nil || e.Author.Name == "")
}

// size is what counts towards the limit of all embeds together.
func (e *Embed) size() int {
	n := units(e.Title) + units(e.Description)
	for _, field := range e.Fields {
		n += units(field.Name) + units(field.Value)
	}
	if e.Footer != nil {
		n += units(e.Footer.Text)
	}
	if e.Author != nil {
		n += units(e.Author.Name)
	}
	return n
}

func (e *Embed) check(f *form, path string) {
	if e.empty() {
		f.add(path+".description", "BASE_TYPE_REQUIRED", "This field is required")
	}
	f.length(path+".title", e.Title, 0, maxTitle)
	f.length(path+".description", e.Description, 0, maxDescription)
	f.count(path+".fields", len(e.Fields), 0, maxFields)
	for i, field := range e.Fields {
		f.length(fmt.Sprintf("%s.fields.%d.name", path, i), field.Name, 1, maxFieldName)
		f.length(fmt.Sprintf("%s.fields.%d.value", path, i), field.Value, 1, maxFieldValue)
	}
	if e.Footer != nil {
		f.length(path+".footer.text", e.Footer.Text, 0, maxFooter)
	}
	if e.Author != nil {
		f.length(path+".author.name", e.Author.Name, 1, maxAuthor)
	}
	if e.Color < 0 || e.Color > maxColor {
		f.add(path+".color", "NUMBER_TYPE_MAX", "int value should be less than or equal to %d.", maxColor)
	}
	if _, err := time.Parse(time.RFC3339Nano, e.Timestamp); e.Timestamp != "" && err != nil {
		f.add(path+".timestamp", "DATE_TIME_TYPE_PARSE", "Could not parse %s. Should be ISO8601.", e.Timestamp)
	}
	checkURL(f, path+".url", e.URL, "http", "https")
	for name, media := range map[string]*EmbedMedia{"image": e.Image, "thumbnail": e.Thumbnail} {
		if media != nil {
			checkURL(f, path+"."+name+".url", media.URL, "http", "https", "attachment")
		}
	}
}

func checkURL(f *form, path, text string, schemes ...string) {
	if text == "" {
		return
	}
	const maxURL = 2048
	f.length(path, text, 0, maxURL)
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Host == "":
		f.add(path, "URL_TYPE_INVALID_URL", "Not a well formed URL.")
	case !slices.Contains(schemes, u.Scheme):
		f.add(path, "URL_TYPE_INVALID_SCHEME", "Scheme %q must be one of ('%s').", u.Scheme, strings.Join(schemes, "', '"))
	}
}

func (d *draft) checkMentions(f *form) {
	const path = "allowed_mentions"
	m := d.AllowedMentions.v
	for i, kind := range m.Parse {
		if !slices.Contains([]string{"roles", "users", "everyone"}, kind) {
			f.add(fmt.Sprintf("%s.parse.%d", path, i), "BASE_TYPE_CHOICES", "Value must be one of ('everyone', 'roles', 'users').")
		}
	}
	for kind, ids := range map[string][]string{"roles": m.Roles, "users": m.Users} {
		f.count(path+"."+kind, len(ids), 0, maxMentions)
		for i, id := range ids {
			f.snowflake(fmt.Sprintf("%s.%s.%d", path, kind, i), id)
		}
		if len(ids) > 0 && slices.Contains(m.Parse, kind) {
			f.add(path, "MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE", "parse:[%q] and %s: [ids...] are mutually exclusive.", kind, kind)
		}
		if distinct := slices.Compact(slices.Sorted(slices.Values(ids))); len(distinct) != len(ids) {
			f.add(path+"."+kind, "SET_TYPE_ALREADY_CONTAINS_VALUE", "The set already contains this value")
		}
	}
}

func (d *draft) checkAttachments(f *form) {
	const maxLength = 1024
	seen := map[string]bool{}
	for i, a := range d.Attachments.v {
		path := fmt.Sprintf("attachments.%d", i)
		_, uploaded := d.files[a.id()]
		switch {
		case !isSnowflake(a.id()):
			f.snowflake(path+".id", a.id())
		case seen[a.id()]:
			f.add(path+".id", "SET_TYPE_ALREADY_CONTAINS_VALUE", "The set already contains this value")
		case !uploaded && len(a.id()) < 15:
			f.add(path, "ATTACHMENT_NOT_FOUND", "Attachment data not found")
		}
		seen[a.id()] = true
		f.length(path+".description", a.Description, 0, maxLength)
	}
}
