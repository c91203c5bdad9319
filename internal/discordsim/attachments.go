package discordsim

import (
	"bytes"
	"cmp"
	"fmt"
	"image"
	_ "image/gif"  // for the sizes of pictures
	_ "image/jpeg" // likewise
	_ "image/png"  // likewise
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

const (
	attachmentsPath = "/attachments/"
	cdn             = "https://cdn.discordapp.com"
)

// attach keeps the attachments that the draft names, or all when it names
// none, and adds the files that came with it.
func (c *call) attach(m *Message, d *draft) *problem {
	var f form
	kept := slices.Clone(m.Attachments)
	described := map[string]attachmentDraft{}
	if d.Attachments.set {
		kept = []Attachment{}
		for i, a := range d.Attachments.v {
			described[a.id()] = a
			if _, uploaded := d.files[a.id()]; uploaded {
				continue
			}
			at := slices.IndexFunc(m.Attachments, func(o Attachment) bool { return o.ID == a.id() })
			if at < 0 {
				f.add(fmt.Sprintf("attachments.%d", i), "ATTACHMENT_NOT_FOUND", "Attachment data not found")
				continue
			}
			kept = append(kept, m.Attachments[at])
		}
	}
	for _, n := range slices.SortedFunc(maps.Keys(d.files), byNumber) {
		meta, ok := described[n]
		if d.Attachments.set && !ok {
			c.s.violate("%s %s: files[%s] is not listed in attachments", c.r.Method, c.path, n)
		}
		kept = append(kept, c.s.attachment(m, d.files[n], meta))
	}
	const maxFiles = 10
	f.count("attachments", len(kept), 0, maxFiles)
	m.Attachments = kept
	return f.problem()
}

func byNumber(a, b string) int {
	x, _ := strconv.Atoi(a)
	y, _ := strconv.Atoi(b)
	return x - y
}

func (s *Server) attachment(m *Message, f file, meta attachmentDraft) Attachment {
	a := Attachment{ID: s.nextID(), Filename: cleanName(cmp.Or(meta.Filename, f.name)), Description: meta.Description,
		ContentType: f.kind, Size: len(f.data), Data: f.data, Ephemeral: m.Ephemeral()}
	a.URL = cdn + attachmentsPath + m.ChannelID + "/" + a.ID + "/" + a.Filename
	a.ProxyURL = strings.Replace(a.URL, "cdn.discordapp.com", "media.discordapp.net", 1)
	if size, _, err := image.DecodeConfig(bytes.NewReader(f.data)); err == nil {
		a.Width, a.Height = size.Width, size.Height
	}
	return a
}

// cleanName keeps what Discord keeps of a file's name.
func cleanName(name string) string {
	name = strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', strings.ContainsRune(".-_", r):
			return r
		}
		return '_'
	}, name)
	return cmp.Or(strings.TrimLeft(name, "."), "unknown")
}

// resolve turns attachment:// addresses in embeds into those of the files.
// Other than with Discord the files stay in the list of attachments.
func (c *call) resolve(m *Message) {
	for i := range m.Embeds {
		e := &m.Embeds[i]
		e.Type = "rich"
		for _, media := range []**EmbedMedia{&e.Image, &e.Thumbnail} {
			c.resolveMedia(m, media)
		}
	}
}

func (c *call) resolveMedia(m *Message, media **EmbedMedia) {
	if *media == nil {
		return
	}
	name, local := strings.CutPrefix((*media).URL, "attachment://")
	if !local {
		return
	}
	for _, a := range m.Attachments {
		if a.Filename == name {
			*media = &EmbedMedia{URL: a.URL, Width: a.Width, Height: a.Height}
			return
		}
	}
	c.s.violate("%s %s: attachment://%s names no file of the message", c.r.Method, c.path, name)
	*media = nil
}

// Attachments serves the files of all messages at /attachments/, the path of
// their addresses.
func (s *Server) Attachments() http.Handler {
	return http.HandlerFunc(s.serveAttachment)
}

func (s *Server) serveAttachment(w http.ResponseWriter, r *http.Request) {
	parts := strings.Split(strings.TrimPrefix(r.URL.Path, attachmentsPath), "/")
	const wanted = 3 // channel, id, name
	if len(parts) != wanted {
		http.NotFound(w, r)
		return
	}
	a, ok := s.Attachment(parts[0], parts[1])
	if !ok || a.Filename != parts[2] {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", cmp.Or(a.ContentType, "application/octet-stream"))
	w.Header().Set("Content-Length", strconv.Itoa(len(a.Data)))
	_, _ = w.Write(a.Data)
}

// Attachment finds a file by its id and that of its channel or message.
func (s *Server) Attachment(place, id string) (Attachment, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for channel, list := range s.messages {
		for _, m := range list {
			at := slices.IndexFunc(m.Attachments, func(a Attachment) bool { return a.ID == id })
			if at >= 0 && (place == channel || place == m.ID) {
				return m.Attachments[at], true
			}
		}
	}
	return Attachment{}, false
}
