package discord

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"mime/multipart"
	"net/textproto"

	"mokabot/internal/message"
)

// form is a request body, kept whole so that it can be sent again.
type form struct {
	kind string // Content-Type
	body []byte
}

func (f *form) size() int {
	if f == nil {
		return 0
	}
	return len(f.body)
}

func (f *form) bytes() []byte {
	if f == nil {
		return nil
	}
	return f.body
}

// jsonForm encodes v. The values are our own structs, which always encode.
func jsonForm(v any) (*form, error) {
	raw, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("encode request: %w", err)
	}
	return &form{kind: "application/json", body: raw}, nil
}

// uploadForm is a JSON body, or a multipart one when there are files.
// https://docs.discord.com/developers/reference#uploading-files
func uploadForm(v any, files []message.File) (*form, error) {
	plain, err := jsonForm(v)
	if err != nil || len(files) == 0 {
		return plain, err
	}
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	if err := addPart(w, `form-data; name="payload_json"`, plain.kind, plain.body); err != nil {
		return nil, err
	}
	for i, f := range files {
		where := fmt.Sprintf(`form-data; name="files[%d]"; filename="%s"`, i, f.Name)
		if err := addPart(w, where, cmp.Or(f.Type, "application/octet-stream"), f.Data); err != nil {
			return nil, err
		}
	}
	if err := w.Close(); err != nil {
		return nil, fmt.Errorf("encode request: %w", err)
	}
	return &form{kind: w.FormDataContentType(), body: b.Bytes()}, nil
}

func addPart(w *multipart.Writer, disposition, kind string, data []byte) error {
	h := textproto.MIMEHeader{}
	h.Set("Content-Disposition", disposition)
	h.Set("Content-Type", oneLine(kind))
	p, err := w.CreatePart(h)
	if err == nil {
		_, err = p.Write(data)
	}
	if err != nil {
		return fmt.Errorf("encode request: %w", err)
	}
	return nil
}
