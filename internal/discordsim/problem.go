package discordsim

import (
	"fmt"
	"net/http"
	"strings"
)

// problem is Discord's answer to a request that it refuses.
type problem struct {
	status  int
	code    int
	message string
	errors  map[string]any // of a form error
	excused bool           // it is no violation: the bot could not know
	wait    float64        // of a 429, in seconds
}

func (p *problem) body() map[string]any {
	b := map[string]any{"message": p.message, "code": p.code}
	if p.errors != nil {
		b["errors"] = p.errors
	}
	if p.wait > 0 {
		b["retry_after"], b["global"] = p.wait, false
	}
	return b
}

func (p *problem) String() string {
	text := fmt.Sprintf("%d %d %s", p.status, p.code, p.message)
	if p.errors != nil {
		text += fmt.Sprintf(" %v", p.errors)
	}
	return text
}

// excuse marks a problem as no violation.
func (p *problem) excuse(when bool) *problem {
	if p != nil && when {
		p.excused = true
	}
	return p
}

func refuse(status, code int, message string) *problem {
	return &problem{status: status, code: code, message: message}
}

// The problems by Discord's codes.
func notFound() *problem       { return refuse(http.StatusNotFound, 0, "404: Not Found") }
func unauthorized() *problem   { return refuse(http.StatusUnauthorized, 0, "401: Unauthorized") }
func noUserAgent() *problem    { return refuse(http.StatusForbidden, 40333, "internal network error") }
func unknownChannel() *problem { return refuse(http.StatusNotFound, 10003, "Unknown Channel") }
func unknownGuild() *problem   { return refuse(http.StatusNotFound, 10004, "Unknown Guild") }
func unknownMember() *problem  { return refuse(http.StatusNotFound, 10007, "Unknown Member") }
func unknownMessage() *problem { return refuse(http.StatusNotFound, 10008, "Unknown Message") }
func unknownUser() *problem    { return refuse(http.StatusNotFound, 10013, "Unknown User") }
func unknownWebhook() *problem { return refuse(http.StatusNotFound, 10015, "Unknown Webhook") }
func unknownAnswer() *problem  { return refuse(http.StatusNotFound, 10062, "Unknown interaction") }
func unknownCommand() *problem {
	return refuse(http.StatusNotFound, 10063, "Unknown application command")
}
func missingAccess() *problem { return refuse(http.StatusForbidden, 50001, "Missing Access") }
func notOwn() *problem {
	return refuse(http.StatusForbidden, 50005, "Cannot edit a message authored by another user")
}
func emptyMessage() *problem {
	return refuse(http.StatusBadRequest, 50006, "Cannot send an empty message")
}
func cannotDM() *problem {
	return refuse(http.StatusForbidden, 50007, "Cannot send messages to this user")
}
func noPermission() *problem { return refuse(http.StatusForbidden, 50013, "Missing Permissions") }
func deadToken() *problem    { return refuse(http.StatusUnauthorized, 50027, "Invalid Webhook Token") }
func archivedThread() *problem {
	return refuse(codes[50083].status, 50083, codes[50083].message)
}
func invalidVersion() *problem {
	return refuse(http.StatusBadRequest, 50041, "Invalid API version provided")
}
func invalidJSON() *problem {
	return refuse(http.StatusBadRequest, 50109, "The request body contains invalid JSON.")
}
func tooLarge() *problem {
	return refuse(http.StatusRequestEntityTooLarge, 40005, "Request entity too large")
}
func alreadyAnswered() *problem {
	return refuse(http.StatusBadRequest, 40060, "Interaction has already been acknowledged.")
}
func wrongApplication() *problem {
	return refuse(http.StatusForbidden, 20012, "You are not authorized to perform this action on this application")
}
func tooManyCreates() *problem {
	return refuse(http.StatusTooManyRequests, 30034, "Max number of daily application command creates has been reached (200)")
}

// form collects what is wrong with a request body, as Discord does.
type form struct{ tree map[string]any }

// add notes one error at a dotted path.
func (f *form) add(path, code, format string, args ...any) {
	if f.tree == nil {
		f.tree = map[string]any{}
	}
	node := f.tree
	for step := range strings.SplitSeq(path, ".") {
		next, ok := node[step].(map[string]any)
		if !ok {
			next = map[string]any{}
			node[step] = next
		}
		node = next
	}
	list, _ := node["_errors"].([]map[string]string)
	node["_errors"] = append(list, map[string]string{"code": code, "message": fmt.Sprintf(format, args...)})
}

func (f *form) problem() *problem {
	if f.tree == nil {
		return nil
	}
	return &problem{status: http.StatusBadRequest, code: 50035, message: "Invalid Form Body", errors: f.tree}
}

// length checks a text's length.
func (f *form) length(path, text string, minimum, maximum int) {
	n := units(text)
	switch {
	case n == 0 && minimum > 0:
		f.add(path, "BASE_TYPE_REQUIRED", "This field is required")
	case n > maximum && minimum == 0:
		f.add(path, "BASE_TYPE_MAX_LENGTH", "Must be %d or fewer in length.", maximum)
	case n > maximum || n < minimum:
		f.add(path, "BASE_TYPE_BAD_LENGTH", "Must be between %d and %d in length.", minimum, maximum)
	}
}

// count checks a list's length.
func (f *form) count(path string, n, minimum, maximum int) {
	if n < minimum || n > maximum {
		f.add(path, "BASE_TYPE_BAD_LENGTH", "Must be between %d and %d in length.", minimum, maximum)
	}
}

// snowflake checks an id.
func (f *form) snowflake(path, id string) {
	if !isSnowflake(id) {
		f.add(path, "NUMBER_TYPE_COERCE", "Value %q is not snowflake.", id)
	}
}

func isSnowflake(id string) bool {
	return id != "" && len(id) <= 20 && strings.Trim(id, "0123456789") == ""
}

// units counts UTF-16 code units.
func units(s string) int {
	n := 0
	for _, r := range s {
		n++
		if r > 0xffff {
			n++
		}
	}
	return n
}

// violate notes something that the bot should not have done.
func (s *Server) violate(format string, args ...any) {
	s.vmu.Lock()
	defer s.vmu.Unlock()
	s.violations = append(s.violations, fmt.Sprintf(format, args...))
}
