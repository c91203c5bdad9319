package discordsim

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"strings"
)

// draft is a message as the bot sends it. An edit may leave parts out.
type draft struct {
	Content         opt[string]            `json:"content"`
	Embeds          opt[[]Embed]           `json:"embeds"`
	Components      opt[[]Component]       `json:"components"`
	AllowedMentions opt[mentions]          `json:"allowed_mentions"`
	Attachments     opt[[]attachmentDraft] `json:"attachments"`
	Flags           opt[int]               `json:"flags"`
	Nonce           json.RawMessage        `json:"nonce"`
	EnforceNonce    bool                   `json:"enforce_nonce"`
	TTS             bool                   `json:"tts"`
	Reference       *Reference             `json:"message_reference"`
	Choices         opt[[]Choice]          `json:"choices"`

	files map[string]file // by the n of files[n]
}

type mentions struct {
	Parse       []string `json:"parse"`
	Roles       []string `json:"roles"`
	Users       []string `json:"users"`
	RepliedUser bool     `json:"replied_user"`
}

type attachmentDraft struct {
	ID          json.RawMessage `json:"id"`
	Filename    string          `json:"filename"`
	Description string          `json:"description"`
}

func (a attachmentDraft) id() string { return strings.Trim(string(a.ID), `"`) }

type file struct {
	name, kind string
	data       []byte
}

// decode reads a JSON body, or the payload_json of a multipart one, and gives
// the files that came with it.
func (c *call) decode(out any) (map[string]file, *problem) {
	kind, params, err := mime.ParseMediaType(c.r.Header.Get("Content-Type"))
	switch {
	case err == nil && kind == "multipart/form-data":
		return c.decodeMultipart(params["boundary"], out)
	case err == nil && kind == "application/json":
		return nil, decodeJSON(c.raw, out)
	}
	return nil, refuse(http.StatusBadRequest, 50035, `Expected "Content-Type" header to be one of {'application/json', 'application/x-www-form-urlencoded', 'multipart/form-data'}.`)
}

func decodeJSON(raw []byte, out any) *problem {
	err := json.Unmarshal(raw, out)
	if err == nil {
		return nil
	}
	if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		var f form
		f.add(cmp.Or(wrong.Field, "_body"), "BASE_TYPE_CHOICES", "Could not interpret %q as %s.", wrong.Value, wrong.Type)
		return f.problem()
	}
	return invalidJSON()
}

func (c *call) decodeMultipart(boundary string, out any) (map[string]file, *problem) {
	files := map[string]file{}
	payload := false
	parts := multipart.NewReader(bytes.NewReader(c.raw), boundary)
	for {
		part, err := parts.NextPart()
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, refuse(http.StatusBadRequest, 50035, "Invalid Form Body")
		}
		data, err := io.ReadAll(part)
		if err != nil {
			return nil, refuse(http.StatusBadRequest, 50035, "Invalid Form Body")
		}
		name := part.FormName()
		if name == "payload_json" {
			payload = true
			if p := decodeJSON(data, out); p != nil {
				return nil, p
			}
			continue
		}
		if p := c.addFile(files, part, name, data); p != nil {
			return nil, p
		}
	}
	if !payload {
		c.s.violate("%s %s: multipart body without payload_json", c.r.Method, c.path)
	}
	return files, nil
}

func (c *call) addFile(files map[string]file, part *multipart.Part, name string, data []byte) *problem {
	const maxBytes, maxFiles = 10 << 20, 10
	n, ok := strings.CutPrefix(name, "files[")
	n, closed := strings.CutSuffix(n, "]")
	if !ok || !closed {
		c.s.violate("%s %s: a multipart field is named %q instead of files[n]", c.r.Method, c.path, name)
		n = fmt.Sprint(len(files))
	}
	if len(data) > maxBytes {
		return tooLarge()
	}
	files[n] = file{name: part.FileName(), kind: part.Header.Get("Content-Type"), data: data}
	if len(files) > maxFiles {
		var f form
		f.count("files", len(files), 0, maxFiles)
		return f.problem()
	}
	return nil
}

// draft reads and checks a message.
func (c *call) draft() (*draft, *problem) {
	d := &draft{}
	files, p := c.decode(d)
	if p != nil {
		return nil, p
	}
	d.files = files
	c.wantMentions(d)
	return d, d.check()
}

// wantMentions notes a message that leaves to Discord whom its text pings.
func (c *call) wantMentions(d *draft) {
	if !d.AllowedMentions.set {
		c.s.violate("%s %s: allowed_mentions is not given", c.r.Method, c.path)
	}
}
