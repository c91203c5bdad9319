package discordtest

import (
	"encoding/json"
	"io"
	"net/http"
	"strconv"
	"strings"
	"unicode/utf16"
)

// form is a message as a bot sends it.
type form struct {
	Content      *string          `json:"content"`
	Embeds       *[]Embed         `json:"embeds"`
	Components   *[]Component     `json:"components"`
	Flags        int              `json:"flags"`
	Nonce        json.RawMessage  `json:"nonce"`
	EnforceNonce bool             `json:"enforce_nonce"`
	Allowed      *allowed         `json:"allowed_mentions"`
	Attachments  *[]attachmentRef `json:"attachments"`

	files []Attachment // in the order of files[n]
}

type allowed struct {
	Parse *[]string `json:"parse"`
	Roles []string  `json:"roles"`
	Users []string  `json:"users"`
}

type attachmentRef struct {
	ID       json.RawMessage `json:"id"`
	Filename string          `json:"filename"`
}

// Limits of a message.
// https://docs.discord.com/developers/resources/message#embed-object-embed-limits
const (
	mostContent     = 2000
	mostEmbeds      = 10
	mostEmbedText   = 6000
	mostTitle       = 256
	mostDescription = 4096
	mostFields      = 25
	mostFieldName   = 256
	mostFieldValue  = 1024
	mostFooter      = 2048
	mostNonce       = 25
	mostButtons     = 5
	mostCustomID    = 100
	mostLabel       = 80
)

// readForm reads a message, plain or with files. The lock is held.
func readForm(r *http.Request) (form, *fault) {
	var f form
	if !strings.HasPrefix(r.Header.Get("Content-Type"), "multipart/form-data") {
		if err := json.NewDecoder(r.Body).Decode(&f); err != nil {
			return f, &fault{400, 50109, "The request body contains invalid JSON."}
		}
		return f, nil
	}
	if err := r.ParseMultipartForm(32 << 20); err != nil {
		return f, &fault{400, 50035, "Invalid Form Body"}
	}
	if err := json.Unmarshal([]byte(r.FormValue("payload_json")), &f); err != nil {
		return f, &fault{400, 50109, "The request body contains invalid JSON."}
	}
	for i := 0; ; i++ {
		parts := r.MultipartForm.File["files["+strconv.Itoa(i)+"]"]
		if len(parts) == 0 {
			return f, nil
		}
		file, err := parts[0].Open()
		if err != nil {
			return f, &fault{400, 50035, "Invalid Form Body"}
		}
		data, err := io.ReadAll(file)
		file.Close()
		if err != nil {
			return f, &fault{400, 50035, "Invalid Form Body"}
		}
		f.files = append(f.files, Attachment{Filename: parts[0].Filename, Size: len(data), Data: data})
	}
}

// check says what is wrong with a message as Discord would; the lock is held.
func (s *Server) check(f form, where string) *fault {
	if f.Allowed == nil || f.Allowed.Parse == nil {
		s.blame("%s: allowed_mentions is not explicit", where)
	}
	var wrong []string
	need := func(ok bool, what string) {
		if !ok {
			wrong = append(wrong, what)
		}
	}
	need(f.Content == nil || length(*f.Content) <= mostContent, "content")
	need(len(strings.Trim(string(f.Nonce), `"`)) <= mostNonce, "nonce")
	if f.Embeds != nil {
		checkEmbeds(*f.Embeds, f, need)
	}
	if f.Components != nil {
		checkComponents(*f.Components, need)
	}
	if len(wrong) > 0 {
		s.blame("%s: refused: %s", where, strings.Join(wrong, ", "))
		return &fault{400, 50035, "Invalid Form Body: " + strings.Join(wrong, ", ")}
	}
	return nil
}

func checkEmbeds(embeds []Embed, f form, need func(bool, string)) {
	need(len(embeds) <= mostEmbeds, "embeds")
	total := 0
	for _, e := range embeds {
		need(length(e.Title) <= mostTitle, "embed title")
		need(length(e.Description) <= mostDescription, "embed description")
		need(len(e.Fields) <= mostFields, "embed fields")
		total += length(e.Title) + length(e.Description)
		for _, field := range e.Fields {
			need(field.Name != "" && length(field.Name) <= mostFieldName, "embed field name")
			need(field.Value != "" && length(field.Value) <= mostFieldValue, "embed field value")
			total += length(field.Name) + length(field.Value)
		}
		if e.Footer != nil {
			need(length(e.Footer.Text) <= mostFooter, "embed footer")
			total += length(e.Footer.Text)
		}
		if e.Image != nil {
			need(f.hasFile(strings.TrimPrefix(e.Image.URL, "attachment://")), "embed image")
		}
	}
	need(total <= mostEmbedText, "embeds in total")
}

func (f form) hasFile(name string) bool {
	for _, a := range f.files {
		if a.Filename == name {
			return true
		}
	}
	return f.Attachments != nil && len(*f.Attachments) > len(f.files) // kept from before
}

func checkComponents(rows []Component, need func(bool, string)) {
	seen := map[string]bool{}
	need(len(rows) <= 5, "components")
	for _, row := range rows {
		need(row.Type == 1 && len(row.Components) >= 1 && len(row.Components) <= mostButtons, "action row")
		for _, b := range row.Components {
			need(b.Type == 2 && b.Style >= 1 && b.Style <= 4, "button")
			need(b.Label != "" && length(b.Label) <= mostLabel, "button label")
			need(b.CustomID != "" && length(b.CustomID) <= mostCustomID && !seen[b.CustomID], "custom_id")
			seen[b.CustomID] = true
		}
	}
}

func (f form) empty() bool {
	return (f.Content == nil || *f.Content == "") && (f.Embeds == nil || len(*f.Embeds) == 0) && len(f.files) == 0
}

// length is counted the way that leaves no doubt: in UTF-16 units.
func length(text string) int { return len(utf16.Encode([]rune(text))) }

// fill puts what a form says into a message. The lock is held.
func (s *Server) fill(m *Message, f form) {
	if f.Content != nil {
		m.Content = *f.Content
	}
	if f.Embeds != nil {
		m.Embeds = *f.Embeds
	}
	if f.Components != nil {
		m.Components = *f.Components
	}
	if f.Attachments != nil || len(f.files) > 0 {
		kept := m.Attachments[:0:0]
		for _, old := range m.Attachments {
			if f.Attachments != nil && refers(*f.Attachments, old.ID) {
				kept = append(kept, old)
			}
		}
		for _, a := range f.files {
			a.ID = s.snowflake()
			a.URL = "/attachments/" + m.ID + "/" + a.ID + "/" + a.Filename
			kept = append(kept, a)
		}
		m.Attachments = kept
	}
	for i, e := range m.Embeds {
		if e.Image == nil {
			continue
		}
		for _, a := range m.Attachments {
			if e.Image.URL == "attachment://"+a.Filename {
				m.Embeds[i].Image = &Image{URL: a.URL}
			}
		}
	}
	m.mention(f.Allowed)
}

func refers(refs []attachmentRef, id string) bool {
	for _, r := range refs {
		if strings.Trim(string(r.ID), `"`) == id {
			return true
		}
	}
	return false
}

// mention finds whom the text pings: only who is allowed to be.
func (m *Message) mention(a *allowed) {
	m.MentionRoles, m.Mentions = []string{}, []User{}
	if a == nil {
		return
	}
	for _, id := range a.Roles {
		if strings.Contains(m.Content, "<@&"+id+">") {
			m.MentionRoles = append(m.MentionRoles, id)
		}
	}
	for _, id := range a.Users {
		if strings.Contains(m.Content, "<@"+id+">") {
			m.Mentions = append(m.Mentions, User{ID: id, Username: "user"})
		}
	}
}
